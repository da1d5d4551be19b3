"""Hostile content, hostile length, lost processes."""

from __future__ import annotations

import hashlib
import multiprocessing
import socket
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gkportal.documents import DocumentError, DocumentRenderer, DocumentUnavailable
from gkportal.documents.forms.approval_form import PrintMark, approval_form_context

from .conftest import FONTS, PROBES, TEMPLATES, make_form, text_of

FORM = "approval_form/jiangsu-2020"


@pytest.mark.parametrize(
    "hostile",
    [
        "<pdf:nextpage/>",
        '<imgsrc="file:///etc/passwd">',
        "{{7*7}}{%for%}",
        "</td></tr></table><h1>",
        "<style>*{display:none}</style>",
        "&lt;&amp;nbsp;",
        "<!--",
    ],
)
def test_markup_in_values_is_printed_as_text(renderer, hostile):
    document = renderer.render(FORM, approval_form_context(make_form(unit_name=hostile, interruptions=hostile)))
    assert text_of(document.pdf).count(hostile) == 2
    assert document.pages == 2


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="file:///etc/passwd">',
        '<img src="/etc/hostname">',
        '<img src="../../../../etc/passwd">',
        '<img src="missing.png">',
        "<style>@font-face { font-family: x; src: url(/usr/share/fonts/x.ttf) }</style>",
        '<p style="font-family: nosuchfamily">x</p>',
    ],
)
def test_complaint_of_the_renderer_is_an_error(probes, markup):
    with pytest.raises(DocumentError) as caught:
        probes.render("probe/markup", {"markup": markup})
    assert not isinstance(caught.value, DocumentUnavailable)
    assert caught.value.details


def test_no_network(probes):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"
        with pytest.raises(DocumentError):
            probes.render("probe/markup", {"markup": f'<img src="{address}"><link rel="stylesheet" href="{address}">'})
        with pytest.raises(TimeoutError):
            listener.accept()


def test_details_never_quote_the_document(probes):
    with pytest.raises(DocumentError) as caught:
        probes.render("probe/markup", {"markup": '<p>990101198503070377<img src="missing.png"></p>'})
    assert "990101198503070377" not in caught.value.message + repr(caught.value.details)


def test_endless_word_is_bounded(renderer):
    began = time.monotonic()
    with pytest.raises(DocumentError, match="超过一份文件的上限"):
        renderer.render(FORM, approval_form_context(make_form(appraisal="x" * 1_000_000)))
    assert time.monotonic() - began < 5
    document = renderer.render(FORM, approval_form_context(make_form(appraisal="x" * 5_000)))
    assert text_of(document.pdf).count("x") == 5_000


def test_cell_that_fits_no_page_is_refused_with_a_sentence(renderer):
    with pytest.raises(DocumentError, match="无法排版"):
        renderer.render(FORM, approval_form_context(make_form(name="字" * 4_500)))


@pytest.mark.parametrize("data", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"GIF89a", b""])
def test_picture_of_another_kind_is_refused(renderer, data):
    with pytest.raises(DocumentError, match="照片不是 JPEG 或 PNG"):
        renderer.render(FORM, approval_form_context(make_form()), images={"photo": data})


def test_broken_picture_is_refused(renderer):
    with pytest.raises(DocumentError):
        renderer.render(FORM, approval_form_context(make_form()), images={"photo": b"\xff\xd8\xff\xe0" + b"\0" * 50})


@pytest.mark.parametrize("form", ["../secret", "approval_form/../x", "_base", "/etc/passwd", "approval_form"])
def test_form_name_is_no_path(renderer, form):
    with pytest.raises(ValueError, match="form name"):
        renderer.render(form, {})


def test_unknown_form_and_missing_value(renderer):
    with pytest.raises(DocumentError, match="没有这种表格"):
        renderer.render("approval_form/nowhere-1999", {})
    with pytest.raises(DocumentError, match="内容不完整") as caught:
        renderer.render(FORM, {})
    assert "UndefinedError" in caught.value.details[0]


def test_context_must_be_plain_data(renderer):
    with pytest.raises(TypeError, match=r"context\.name"):
        renderer.render(FORM, approval_form_context(make_form()) | {"name": object()})


def test_time_limit_kills_the_process_and_the_next_document_works():
    renderer = DocumentRenderer(PROBES, FONTS, timeout_s=2)
    try:
        renderer.render("probe/text", {"text": "先"})
        began = time.monotonic()
        with pytest.raises(DocumentUnavailable, match="超过 2 秒"):
            renderer.render("probe/endless", {})
        assert time.monotonic() - began < 8
        assert text_of(renderer.render("probe/text", {"text": "后来"}).pdf) == "后来"
    finally:
        renderer.close()


def test_process_killed_while_idle_is_replaced():
    known = {process.pid for process in multiprocessing.active_children()}
    renderer = DocumentRenderer(PROBES, FONTS)
    try:
        renderer.render("probe/text", {"text": "先"})
        for process in multiprocessing.active_children():
            if process.pid not in known:
                process.kill()
        assert text_of(renderer.render("probe/text", {"text": "后来"}).pdf) == "后来"
    finally:
        renderer.close()
    assert {process.pid for process in multiprocessing.active_children()} <= known


def test_nothing_is_left_in_the_temporary_folder(renderer, photo, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    renderer.render(FORM, approval_form_context(make_form()), images={"photo": photo})
    with pytest.raises(DocumentError):
        renderer.render(FORM, {}, images={"photo": photo})
    assert list(tmp_path.iterdir()) == []


def test_closed_renderer_says_so():
    renderer = DocumentRenderer(TEMPLATES, FONTS)
    renderer.close()
    with pytest.raises(DocumentUnavailable, match="正在停止"):
        renderer.render(FORM, {})


def test_missing_fonts_are_named(tmp_path):
    renderer = DocumentRenderer(TEMPLATES, tmp_path)
    with pytest.raises(DocumentUnavailable, match="NotoSerifSC-Regular.ttf"):
        renderer.render(FORM, approval_form_context(make_form()))


def test_absent_fallback_face_stops_nothing():
    renderer = DocumentRenderer(PROBES, FONTS, rare_fonts=[Path("/nonexistent/rare.ttf")])
    try:
        assert text_of(renderer.render("probe/text", {"text": "䶮"}).pdf) == "䶮"
        with pytest.raises(DocumentError, match=r"U\+30000"):
            renderer.render("probe/text", {"text": "\U00030000"})
    finally:
        renderer.close()


def test_threads_share_one_renderer(renderer):
    names = [f"第{number}人" for number in range(12)]
    barrier = threading.Barrier(6)

    def make(name: str) -> str:
        barrier.wait(timeout=20)
        return text_of(renderer.render(FORM, approval_form_context(make_form(name=name))).pdf)

    with ThreadPoolExecutor(6) as pool:
        texts = list(pool.map(make, names))
    for name, text in zip(names, texts, strict=True):
        assert [other for other in names if other in text] == [name]


def test_same_content_gives_the_same_bytes(renderer, photo):
    context = approval_form_context(make_form(mark=PrintMark("1", "AB", "GK1|x", "2024年5月11日")))
    first = renderer.render(FORM, context, images={"photo": photo})
    renderer.render(FORM, approval_form_context(make_form(name="李𡋾" if _has_fallback() else "李")))
    again = renderer.render(FORM, context, images={"photo": photo})
    other = DocumentRenderer(TEMPLATES, FONTS, workers=2)
    try:
        elsewhere = other.render(FORM, context, images={"photo": photo})
    finally:
        other.close()
    assert first.pdf == again.pdf == elsewhere.pdf
    assert first.sha256 == hashlib.sha256(first.pdf).hexdigest()
    changed = renderer.render(FORM, context | {"name": "张示别"}, images={"photo": photo})
    assert changed.sha256 != first.sha256


def _has_fallback() -> bool:
    from gkportal.documents.faces import DEBIAN_RARE_FONTS

    return DEBIAN_RARE_FONTS[0].is_file()
