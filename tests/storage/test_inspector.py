"""The inspector beside the store, page pictures, and its child (W7, W8, R15, R16)."""

from __future__ import annotations

import io
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from PIL import Image

from gkportal.storage import FileStore, Inspector
from gkportal.storage.errors import InspectionBusy, PageUnavailable
from tests.storage import material


def files(store: FileStore) -> list[str]:
    return sorted(path.name for path in store.root.rglob("*") if path.is_file())


def test_a_file_is_inspected_beside_the_store_and_kept_only_then(
    store: FileStore, inspector: Inspector, tmp_path: Path
) -> None:
    data = material.write_pdf(tmp_path / "a.pdf", 2).read_bytes()
    with store.stage(io.BytesIO(data), max_bytes=len(data)) as staged:
        with inspector.inspect_pdf(staged.path) as found:
            assert found.path == staged.path
            assert found.pages == 2
        assert not store.exists(staged.sha256)
        kept = store.keep(staged)
    assert store.read(kept.sha256) == data
    assert files(store) == [kept.sha256]


def test_a_refused_file_leaves_nothing(store: FileStore, inspector: Inspector) -> None:
    with store.stage(io.BytesIO(b"MZ"), max_bytes=9) as staged:
        assert not inspector.inspect_pdf(staged.path).ok
    assert files(store) == []


def test_a_cleaned_copy_is_kept_instead_of_the_original(store: FileStore, inspector: Inspector, tmp_path: Path) -> None:
    path = material.altered(material.write_pdf(tmp_path / "a.pdf"), material.add_open_script)
    with store.stage(path, max_bytes=1 << 20) as staged, inspector.inspect_pdf(staged.path) as found:
        kept = store.put(found.path, max_bytes=1 << 20)
    assert kept.sha256 != staged.sha256
    assert b"JavaScript" not in store.read(kept.sha256)
    assert files(store) == [kept.sha256]


def test_clean_copies_left_by_a_crash_are_removed(inspector: Inspector, tmp_path: Path) -> None:
    old, young = tmp_path / "gk-clean-1-dead.pdf", tmp_path / "gk-clean-2-living.pdf"
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (1, 1))
    other = Inspector(temp_dir=tmp_path)
    try:
        other.thumbnail(material.write_pdf(tmp_path / "a.pdf"))
    finally:
        other.close()
    assert not old.exists()
    assert young.exists()


def test_page_pictures(inspector: Inspector, tmp_path: Path) -> None:
    path = material.write_pdf(tmp_path / "a.pdf", 2)
    page = Image.open(io.BytesIO(inspector.render_page(path, 2, 1000)))
    assert (page.format, page.width) == ("JPEG", 1000) and 1410 < page.height < 1418
    assert page.convert("L").getextrema()[0] < 60
    assert Image.open(io.BytesIO(inspector.thumbnail(path))).width == 160
    photo = tmp_path / "p"
    photo.write_bytes(material.jpeg(material.person(600, 840)))
    assert Image.open(io.BytesIO(inspector.render_page(photo, 1, 300))).width == 300


@pytest.mark.parametrize("page", [0, -1, 3])
def test_a_page_that_does_not_exist(inspector: Inspector, tmp_path: Path, page: int) -> None:
    with pytest.raises(PageUnavailable) as caught:
        inspector.render_page(material.write_pdf(tmp_path / "a.pdf", 2), page)
    assert caught.value.message == f"没有第{page}页。"


def test_files_that_cannot_be_drawn(inspector: Inspector, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"%PDF-1.4 nothing")
    for path in (tmp_path / "x", tmp_path / "gone"):
        with pytest.raises(PageUnavailable):
            inspector.render_page(path)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_killed_child_is_replaced(tmp_path: Path) -> None:
    inspector = Inspector(timeout_s=20, temp_dir=tmp_path / "clean")
    path = material.write_pdf(tmp_path / "a.pdf")
    others = psutil.Process().children()
    try:
        for _ in range(2):
            assert inspector.inspect_pdf(path).ok
            for child in psutil.Process().children():
                if child not in others and "spawn_main" in " ".join(child.cmdline()):
                    os.kill(child.pid, signal.SIGKILL)
            time.sleep(0.5)
        assert inspector.inspect_pdf(path).ok
    finally:
        inspector.close()


def test_a_rush_is_told_to_wait(tmp_path: Path) -> None:
    inspector = Inspector(timeout_s=20, waiting=1, temp_dir=tmp_path / "clean")
    path = material.write_pdf(tmp_path / "a.pdf", 20)

    def look(_number: int) -> str:
        try:
            return str(inspector.inspect_pdf(path).ok)
        except InspectionBusy as error:
            return error.message

    try:
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(look, range(12)))
    finally:
        inspector.close()
    assert "True" in answers and "现在上传的人较多，文件还没有检查。请稍候几秒再试一次。" in answers
    assert os.listdir(tmp_path / "clean") == []
