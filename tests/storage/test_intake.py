"""An upload's whole way, and the pictures of its pages (W7, W8, S002-131)."""

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

from gkportal.storage import FileStore, Inspector, receive_pdf, receive_photo
from gkportal.storage.errors import FileTooLarge, InspectionBusy, PageUnavailable
from tests.storage import material


def files(store: FileStore) -> list[str]:
    return sorted(path.name for path in store.root.rglob("*") if path.is_file())


def test_a_sound_pdf_is_kept_byte_by_byte(store: FileStore, inspector: Inspector, tmp_path: Path) -> None:
    data = material.write_pdf(tmp_path / "a.pdf", 2).read_bytes()
    taken = receive_pdf(store, inspector, io.BytesIO(data), "C:\\1审批表.pdf")
    assert (taken.name, taken.refusal, taken.inspection.pages) == ("1审批表.pdf", None, 2)
    assert store.read(taken.stored.sha256) == data and taken.original_sha256 == taken.stored.sha256
    assert files(store) == [taken.stored.sha256]


def test_a_cleaned_pdf_is_kept_instead_of_the_original(store: FileStore, inspector: Inspector, tmp_path: Path) -> None:
    path = material.altered(material.write_pdf(tmp_path / "a.pdf"), material.add_open_script)
    taken = receive_pdf(store, inspector, path.open("rb"), "1审批表.pdf")
    assert taken.stored.sha256 != taken.original_sha256
    assert b"JavaScript" not in store.read(taken.stored.sha256)
    assert files(store) == [taken.stored.sha256]


def test_a_refused_file_leaves_nothing(store: FileStore, inspector: Inspector, tmp_path: Path) -> None:
    data = material.write_pdf(tmp_path / "a.pdf").read_bytes()
    assert "不完整" in receive_pdf(store, inspector, io.BytesIO(data[:900]), "1审批表.pdf").refusal
    assert "只能上传 pdf" in receive_pdf(store, inspector, io.BytesIO(data), "1审批表.exe").refusal
    assert "不是 PDF" in receive_pdf(store, inspector, io.BytesIO(b"MZ"), "1审批表.pdf").refusal
    assert "PNG" in receive_photo(store, inspector, io.BytesIO(b"\x89PNG\r\n\x1a\n"), "3照片.jpg").refusal
    with pytest.raises(FileTooLarge):
        receive_pdf(store, inspector, io.BytesIO(data), "1审批表.pdf", max_bytes=100)
    assert files(store) == []


def test_a_photo_is_kept_re_encoded(store: FileStore, inspector: Inspector) -> None:
    data = material.jpeg(material.person(900, 1260), comment=b"secret")
    taken = receive_photo(store, inspector, io.BytesIO(data), "3照片.JPG")
    assert taken.refusal is None and b"secret" not in store.read(taken.stored.sha256)
    assert Image.open(store.path(taken.stored.sha256)).size == (600, 840)


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
