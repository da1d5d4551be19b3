"""The file store: durable, whole or nothing, self-checking (security.md R1, R2, R5–R10, R16, R21; I2)."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import pytest

from gkportal.storage import FileDamaged, FileStore, FileTooLarge, StorageError
from gkportal.storage.errors import DiskFull, EmptyFile, ReadOnlyDisk, UploadCut, WriteFailed, from_os_error

MB = 1024 * 1024


def everything(store: FileStore) -> list[str]:
    return sorted(path.name for path in store.root.rglob("*") if path.is_file())


def test_bytes_come_back_and_twice_is_once(store: FileStore) -> None:
    sha = hashlib.sha256(b"abc").hexdigest()
    first = store.put(io.BytesIO(b"abc"), max_bytes=3)
    assert (first.sha256, first.size) == (sha, 3)
    assert store.put(io.BytesIO(b"abc"), max_bytes=3) == first
    assert everything(store) == [sha]
    assert store.read(sha) == b"abc" and store.size(sha) == 3 and store.exists(sha)
    assert store.path(sha) == store.root / sha[:2] / sha[2:4] / sha


def test_a_path_can_be_the_source(store: FileStore, tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(b"12345")
    stored = store.put(source, max_bytes=MB)
    assert store.read(stored.sha256) == b"12345" and source.exists()


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_nobody_else_can_read(store: FileStore) -> None:
    stored = store.put(io.BytesIO(b"abc"), max_bytes=3)
    path = store.path(stored.sha256)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent, store.root, store.root / "tmp"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_too_large_leaves_nothing(store: FileStore) -> None:
    with pytest.raises(FileTooLarge) as caught:
        store.put(io.BytesIO(b"x" * (2 * MB + 1)), max_bytes=2 * MB)
    assert "超过 2 MB 的上限" in caught.value.message and caught.value.status == 413
    assert everything(store) == []
    assert store.put(io.BytesIO(b"x" * 2 * MB), max_bytes=2 * MB).size == 2 * MB


def test_an_empty_file_is_refused(store: FileStore) -> None:
    with pytest.raises(EmptyFile):
        store.put(io.BytesIO(b""), max_bytes=9)
    assert everything(store) == []


class Cut(io.RawIOBase):
    """A client that goes away after the first chunk."""

    def __init__(self) -> None:
        self.calls = 0

    def read(self, size: int = -1) -> bytes:
        self.calls += 1
        if self.calls > 1:
            raise ConnectionResetError
        return b"half"


def test_a_client_that_goes_away_leaves_nothing(store: FileStore) -> None:
    with pytest.raises(UploadCut) as caught:
        store.put(Cut(), max_bytes=MB)
    assert "没有传完整" in caught.value.message
    assert everything(store) == []


@pytest.mark.parametrize("announced", [{"expected_size": 4}, {"prefix_hash": "ffff"}])
def test_other_bytes_than_announced_are_refused(store: FileStore, announced: dict) -> None:
    with pytest.raises(UploadCut):
        store.put(io.BytesIO(b"abc"), max_bytes=9, **announced)
    assert everything(store) == []
    good = hashlib.sha256(b"abc").hexdigest()[:8].upper()
    assert store.put(io.BytesIO(b"abc"), max_bytes=9, prefix_hash=good, expected_size=3).size == 3


def test_memory_stays_flat(store: FileStore) -> None:
    class Zeros:
        left = 40 * MB

        def read(self, size: int = -1) -> bytes:
            size = min(size, self.left)
            self.left -= size
            return bytes(size)

    tracemalloc.start()
    store.put(Zeros(), max_bytes=64 * MB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * MB


@pytest.mark.parametrize("damage", ["cut", "swapped", "missing"])
def test_damage_is_seen_at_reading_and_healed_by_storing_again(store: FileStore, damage: str) -> None:
    other = store.put(io.BytesIO(b"other"), max_bytes=9)
    sha = store.put(io.BytesIO(b"abcdef"), max_bytes=9).sha256
    path = store.path(sha)
    {
        "cut": lambda: path.write_bytes(b"abc"),
        "swapped": lambda: path.write_bytes(b"fedcba"),
        "missing": path.unlink,
    }[damage]()
    assert store.verify(sha) is False and store.verify(other.sha256) is True
    for look in (store.open, store.read):
        with pytest.raises(FileDamaged) as caught:
            look(sha)
        assert "已损坏或缺失" in caught.value.message
    assert store.read(other.sha256) == b"other"
    store.put(io.BytesIO(b"abcdef"), max_bytes=9)
    assert store.verify(sha)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 65])
def test_a_hash_is_never_a_path(store: FileStore, name: str) -> None:
    with pytest.raises(FileDamaged):
        store.path(name)


def test_delete(store: FileStore) -> None:
    sha = store.put(io.BytesIO(b"abc"), max_bytes=3).sha256
    assert store.delete(sha) is True and store.delete(sha) is False
    assert not store.exists(sha)


def test_the_sweep_removes_what_is_old_and_unknown_and_names_what_is_missing(store: FileStore) -> None:
    known, young, old = (store.put(io.BytesIO(data), max_bytes=9).sha256 for data in (b"known", b"young", b"old"))
    gone = "0" * 64
    temp = store.root / "tmp" / "1-dead"
    temp.write_bytes(b"half")
    fresh = store.root / "tmp" / "2-living"
    fresh.write_bytes(b"half")
    past = time.time() - 7200
    for path in (store.path(known), store.path(old), temp):
        os.utime(path, (past, past))
    report = store.sweep([known, gone], older_than_s=3600)
    assert (report.orphans, report.temps, report.missing) == ((old,), ("1-dead",), (gone,))
    assert (report.kept, report.freed_bytes, report.removed) == (2, 7, 2)
    assert everything(store) == sorted([known, young, "2-living"])


def test_storing_again_makes_a_file_young(store: FileStore) -> None:
    sha = store.put(io.BytesIO(b"abc"), max_bytes=3).sha256
    os.utime(store.path(sha), (1, 1))
    store.put(io.BytesIO(b"abc"), max_bytes=3)
    assert store.sweep([], older_than_s=3600).orphans == ()


def test_many_threads_store_the_same_and_different_files(store: FileStore) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for round_ in range(10):
                store.put(io.BytesIO(b"same"), max_bytes=9)
                store.put(io.BytesIO(b"%d-%d" % (number, round_)), max_bytes=9)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == [] and len(everything(store)) == 81
    for name in everything(store):
        assert store.verify(name)


CHILD = """
import sys, threading
from gkportal.storage.store import FileStore
class Slow:
    def __init__(self): self.n = 0
    def read(self, size=-1):
        self.n += 1
        if self.n > int(sys.argv[2]): return b""
        sys.stdout.write("."); sys.stdout.flush()
        return bytes([self.n % 256]) * size
store = FileStore(sys.argv[1], reserve_bytes=0)
while True:
    stored = store.put(Slow(), max_bytes=1 << 30)
    sys.stdout.write("saved " + stored.sha256 + "\\n"); sys.stdout.flush()
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.parametrize(
    ("chunks", "delay"), [(4000, 0.05), (4000, 0.2), (2, 0.011), (2, 0.023), (3, 0.037), (1, 0.05)]
)
def test_kill_9_leaves_no_bad_file(tmp_path: Path, chunks: int, delay: float) -> None:
    root = tmp_path / "files"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(root), str(chunks)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout.read(1) == b"."
    time.sleep(delay)
    os.kill(child.pid, signal.SIGKILL)
    said = child.communicate()[0].decode()
    store = FileStore(root, reserve_bytes=0)
    for line in said.split("\n")[:-1]:
        assert store.verify(line[-64:])
    for path in root.rglob("*"):
        if path.is_file() and path.parent.name != "tmp":
            assert store.verify(path.name)
    store.sweep([], older_than_s=-1)
    assert everything(store) == []


FULL = """
import io, sys
from gkportal.storage.store import FileStore
from gkportal.storage.errors import DiskFull
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
store = FileStore(sys.argv[1], reserve_bytes=0)
try:
    store.put(io.BytesIO(b"x" * 1_000_000), max_bytes=1 << 30)
except DiskFull as error:
    print("refused", store.put(io.BytesIO(b"small"), max_bytes=9).size)
"""


@pytest.mark.skipif(os.name == "nt", reason="RLIMIT_FSIZE")
def test_a_write_that_does_not_fit_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    root = tmp_path / "files"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(root)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stdout == "refused 5\n"
    assert everything(FileStore(root)) == [hashlib.sha256(b"small").hexdigest()]


@pytest.fixture
def tiny_disk(tmp_path: Path):
    """A disk of 1 MB and 40 inodes. Needs root on Linux; elsewhere the RLIMIT test above stands in."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,nr_inodes=40", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(tiny_disk: Path) -> None:
    store = FileStore(tiny_disk / "files", reserve_bytes=0)
    first = store.put(io.BytesIO(b"a" * 500_000), max_bytes=MB)
    with pytest.raises(DiskFull) as caught:
        store.put(io.BytesIO(b"b" * 900_000), max_bytes=MB)
    assert "存储空间不足" in caught.value.message
    assert everything(store) == [first.sha256]
    assert store.verify(first.sha256)
    store.delete(first.sha256)  # space comes back: works again without a restart (R7)
    assert store.put(io.BytesIO(b"b" * 900_000), max_bytes=MB).size == 900_000


def test_a_disk_without_inodes(tiny_disk: Path) -> None:
    store = FileStore(tiny_disk / "files", reserve_bytes=0)
    with pytest.raises(DiskFull):
        for number in range(60):
            store.put(io.BytesIO(b"%d" % number), max_bytes=9)
    for name in everything(store):
        assert store.verify(name)


def test_a_read_only_disk(tiny_disk: Path) -> None:
    store = FileStore(tiny_disk / "files", reserve_bytes=0)
    sha = store.put(io.BytesIO(b"abc"), max_bytes=9).sha256
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    with pytest.raises(ReadOnlyDisk) as caught:
        store.put(io.BytesIO(b"def"), max_bytes=9)
    assert "只能读取" in caught.value.message
    assert store.read(sha) == b"abc"


def test_the_reserve_is_kept_for_the_database(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files", reserve_bytes=1 << 60)
    with pytest.raises(DiskFull):
        store.put(io.BytesIO(b"abc"), max_bytes=9)


def test_every_disk_error_has_a_sentence() -> None:
    import errno

    for number, kind in ((errno.ENOSPC, DiskFull), (errno.EROFS, ReadOnlyDisk), (errno.EIO, WriteFailed)):
        error = from_os_error(OSError(number, "x"))
        assert type(error) is kind and isinstance(error, StorageError) and "没有保存" in error.message
