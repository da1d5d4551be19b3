"""Everything of one person as one zip, streamed (W10)."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path

from gkportal.storage import FileStore, member_name, zip_stream


def test_names_and_bytes_come_back(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files", reserve_bytes=0)
    paths = [store.path(store.put(io.BytesIO(b"content %d" % n), max_bytes=99).sha256) for n in range(4)]
    paths[3].write_bytes(b"damaged")
    entries = [
        (member_name("王𠅤", "1审批表.pdf"), paths[0]),
        (member_name("王𠅤", "1审批表.pdf"), paths[1]),
        (member_name("../..", "../2身份证.pdf"), paths[2]),
        (member_name("王𠅤", "3照片.jpg"), store.path("0" * 64)),
        (member_name("王𠅤", "4学历证书.pdf"), paths[3]),
    ]
    with zipfile.ZipFile(io.BytesIO(b"".join(zip_stream(entries)))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == [
            "王𠅤/1审批表.pdf",
            "王𠅤/1审批表 (2).pdf",
            "..／/..／2身份证.pdf",
            "王𠅤/3照片（文件缺失）.txt",
            "王𠅤/4学历证书（文件缺失）.txt",
        ]
        assert archive.read(names[1]) == b"content 1"
        assert "缺失" in archive.read(names[3]).decode()
        assert all(info.flag_bits & 0x800 for info in archive.infolist())


def test_memory_stays_flat(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files", reserve_bytes=0)
    sparse = tmp_path / "sparse"
    with sparse.open("wb") as stream:
        stream.truncate(40 * 1024 * 1024)
    big = store.path(store.put(sparse, max_bytes=1 << 30).sha256)
    tracemalloc.start()
    total = sum(len(part) for part in zip_stream([(f"{n}.pdf", big) for n in range(3)]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 120 * 1024 * 1024 and peak < 4 * 1024 * 1024


def test_an_empty_zip_is_a_zip() -> None:
    assert zipfile.ZipFile(io.BytesIO(b"".join(zip_stream([])))).namelist() == []
