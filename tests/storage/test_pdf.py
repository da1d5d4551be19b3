"""Uploaded PDFs: sound, broken, hostile (security.md §3, S002-128, X-44)."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Name

from gkportal.storage import Inspector
from gkportal.storage.inspection import active
from tests.storage import material


def codes(inspection) -> list[str]:
    return [item.code for item in inspection.warnings]


def test_a_sound_pdf_is_kept_as_it_is(tmp_path: Path, inspector: Inspector) -> None:
    path = material.write_pdf(tmp_path / "a.pdf", 3)
    with inspector.inspect_pdf(path) as found:
        assert (found.ok, found.refusal, found.pages, found.width, found.height) == (True, None, 3, 210, 297)
        assert found.path == path and not found.cleaned and found.warnings == ()
        assert found.derived["thumbnail"][:3] == b"\xff\xd8\xff"
    assert path.exists()


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(
    ("change", "word"),
    [
        (material.add_open_script, "脚本"),
        (material.add_named_script, "脚本"),
        (material.add_page_script, "脚本"),
        (material.add_submit, "提交表单"),
        (material.add_attachment, "附件"),
        (material.add_attachment_mark, "附件"),
    ],
)
def test_active_content_is_stripped(tmp_path: Path, inspector: Inspector, change, word: str, streams: bool) -> None:
    path = material.altered(material.write_pdf(tmp_path / "a.pdf"), change, streams=streams)
    with inspector.inspect_pdf(path) as found:
        assert found.ok and found.cleaned and codes(found) == ["stripped"]
        assert word in found.warnings[0].message
        clean = found.path
        data = clean.read_bytes()
        assert b"JavaScript" not in data and b"app.alert" not in data and b"MZ" not in data
        with pikepdf.open(clean) as copy:
            assert active.find(copy) == set() and len(copy.pages) == 1
    assert not clean.exists()


@pytest.mark.parametrize("streams", [False, True])
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (material.add_launch, "launch"),
        (material.add_xfa, "xfa"),
        (material.add_portfolio, "portfolio"),
        (material.add_rich_media, "multimedia"),
    ],
)
def test_what_cannot_be_stripped_is_refused(
    tmp_path: Path, inspector: Inspector, change, code: str, streams: bool
) -> None:
    path = material.altered(material.write_pdf(tmp_path / "a.pdf"), change, streams=streams)
    found = inspector.inspect_pdf(path)
    assert (found.ok, found.code, found.refusal) == (False, code, active.REFUSED[code])


def test_a_name_written_in_hex_is_still_seen(tmp_path: Path, inspector: Inspector) -> None:
    path = material.altered(material.write_pdf(tmp_path / "a.pdf"), material.add_launch)
    data = path.read_bytes()
    # Same length, so that the table of offsets stays true.
    changed = data.replace(b"(cmd.exe)", b"(c.exe)").replace(b"/Launch", b"/L#61unch")
    assert len(changed) == len(data) and b"/L#61unch" in changed
    path.write_bytes(changed)
    assert inspector.inspect_pdf(path).code == "launch"


def test_a_font_that_happens_to_be_called_aa_stays(tmp_path: Path, inspector: Inspector) -> None:
    def rename(pdf: pikepdf.Pdf) -> None:
        fonts = pdf.pages[0].obj.Resources.Font
        fonts["/AA"] = fonts["/F1"]

    path = material.altered(material.write_pdf(tmp_path / "a.pdf"), rename)
    with inspector.inspect_pdf(path) as found:
        assert found.ok and not found.cleaned and found.warnings == ()


@pytest.mark.parametrize("user", ["", "secret"])
def test_an_encrypted_pdf_is_refused(tmp_path: Path, inspector: Inspector, user: str) -> None:
    lock = pikepdf.Encryption(owner="owner", user=user)
    path = material.altered(material.write_pdf(tmp_path / "a.pdf"), lambda pdf: None, encryption=lock)
    found = inspector.inspect_pdf(path)
    assert (found.ok, found.code) == (False, "encrypted")
    assert "去除密码" in found.refusal


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_half_a_pdf_is_refused(tmp_path: Path, inspector: Inspector, share: float) -> None:
    path = material.write_pdf(tmp_path / "a.pdf", 5)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    found = inspector.inspect_pdf(path)
    assert (found.ok, found.code) == (False, "half")
    assert "不完整" in found.refusal


def test_a_pdf_with_a_hole_is_refused(tmp_path: Path, inspector: Inspector) -> None:
    path = material.write_pdf(tmp_path / "a.pdf", 5)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 3] + data[len(data) // 2 :])
    assert inspector.inspect_pdf(path).code == "half"


def test_an_update_cut_short_is_refused(tmp_path: Path, inspector: Inspector) -> None:
    path = material.write_pdf(tmp_path / "a.pdf")
    path.write_bytes(path.read_bytes() + b"9 0 obj\n<< /Type /Page /Parent 2 0")
    assert inspector.inspect_pdf(path).code == "half"


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", material.zip_bytes(), b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n"],
)
def test_other_files_called_pdf_are_refused(tmp_path: Path, inspector: Inspector, data: bytes) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    found = inspector.inspect_pdf(path)
    assert (found.ok, found.code) == (False, "not_pdf")
    assert "不能只改扩展名" in found.refusal


def test_much_foreign_data_behind_the_end_is_refused(tmp_path: Path, inspector: Inspector) -> None:
    path = material.write_pdf(tmp_path / "a.pdf")
    path.write_bytes(path.read_bytes() + b"\1" * 20_000 + material.zip_bytes())
    assert inspector.inspect_pdf(path).code == "half"


def test_a_polyglot_loses_its_other_half(tmp_path: Path, inspector: Inspector) -> None:
    path = material.write_pdf(tmp_path / "a.pdf")
    path.write_bytes(path.read_bytes() + material.zip_bytes())
    with inspector.inspect_pdf(path) as found:
        assert found.ok and found.cleaned
        data = found.path.read_bytes()
        assert b"evil.exe" not in data and data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF")


def test_bytes_before_the_header_are_dropped(tmp_path: Path, inspector: Inspector) -> None:
    path = material.write_pdf(tmp_path / "a.pdf")
    path.write_bytes(b"<script>alert(1)</script>\n" + path.read_bytes())
    found = inspector.inspect_pdf(path)
    with found:
        assert not found.ok or found.path.read_bytes().startswith(b"%PDF-")


def test_more_than_200_pages_are_refused_and_200_are_not(tmp_path: Path, inspector: Inspector) -> None:
    many = material.write_pdf(tmp_path / "201.pdf", 201)
    found = inspector.inspect_pdf(many)
    assert (found.code, "201 页" in found.refusal, "200 页的上限" in found.refusal) == (
        "too_many_pages",
        True,
        True,
    )
    with inspector.inspect_pdf(material.write_pdf(tmp_path / "200.pdf", 200)) as fits:
        assert (fits.ok, fits.pages) == (True, 200)


def test_no_pages_is_refused(tmp_path: Path, inspector: Inspector) -> None:
    path = tmp_path / "a.pdf"
    with pikepdf.Pdf.new() as pdf:
        pdf.save(path)
    assert inspector.inspect_pdf(path).code == "no_pages"


def test_blank_pages_are_named(tmp_path: Path, inspector: Inspector) -> None:
    path = material.write_pdf(tmp_path / "a.pdf", 4, blank=(2, 4))
    with inspector.inspect_pdf(path) as found:
        assert [(item.code, item.page) for item in found.warnings] == [("blank", 2), ("blank", 4)]
        assert found.warnings[0].message == "第2页是空白页，请检查是否漏扫或多扫。"


def test_nothing_but_blank_pages_is_refused(tmp_path: Path, inspector: Inspector) -> None:
    path = material.write_pdf(tmp_path / "a.pdf", 2, blank=(1, 2))
    assert inspector.inspect_pdf(path).code == "all_blank"


@pytest.mark.parametrize(
    ("paper", "ink", "expected"),
    [(245, 30, []), (180, 60, []), (245, 225, ["faint"]), (30, 5, ["dark"])],
)
def test_scans_that_cannot_be_read_are_named(
    tmp_path: Path, inspector: Inspector, paper: int, ink: int, expected: list[str]
) -> None:
    path = material.write_scan(tmp_path / "a.pdf", paper, ink)
    with inspector.inspect_pdf(path) as found:
        assert found.ok and codes(found) == expected


def test_a_coarse_scan_and_a_wrong_paper_size_are_named(tmp_path: Path, inspector: Inspector) -> None:
    with inspector.inspect_pdf(material.write_scan(tmp_path / "a.pdf", 245, 20, width=500)) as found:
        assert codes(found) == ["coarse"] and "60 dpi" in found.warnings[0].message
    with inspector.inspect_pdf(material.write_pdf(tmp_path / "b.pdf", 2, size=(842, 1191))) as found:
        assert codes(found) == ["page_size"] and "A4" in found.warnings[0].message


def test_a_picture_bomb_harms_nobody(tmp_path: Path, inspector: Inspector) -> None:
    bomb = material.picture_bomb(tmp_path / "bomb.pdf")
    assert bomb.stat().st_size < 1_000_000
    with inspector.inspect_pdf(bomb) as found:
        assert not found.ok or codes(found)
    with inspector.inspect_pdf(material.write_pdf(tmp_path / "next.pdf")) as found:
        assert found.ok


def test_a_page_that_draws_for_ever_is_refused_and_the_next_file_works(tmp_path: Path) -> None:
    inspector = Inspector(timeout_s=2, temp_dir=tmp_path / "clean")
    try:
        started = time.monotonic()
        found = inspector.inspect_pdf(material.drawing_bomb(tmp_path / "bomb.pdf"))
        assert (found.ok, found.code) == (False, "too_heavy") and "过于复杂" in found.refusal
        assert time.monotonic() - started < 10
        with inspector.inspect_pdf(material.write_pdf(tmp_path / "a.pdf")) as found:
            assert found.ok
    finally:
        inspector.close()
    assert os.listdir(tmp_path / "clean") == []


def test_a_signature_is_told_lost_only_when_it_is(tmp_path: Path, inspector: Inspector) -> None:
    def sign(pdf: pikepdf.Pdf) -> None:
        value = pdf.make_indirect(pikepdf.Dictionary(Type=Name.Sig, ByteRange=[0, 1, 2, 3], Contents=b"0"))
        field = pikepdf.Dictionary(FT=Name.Sig, T=pikepdf.String("s"), V=value)
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[pdf.make_indirect(field)])

    path = material.altered(material.write_pdf(tmp_path / "a.pdf"), sign)
    with inspector.inspect_pdf(path) as found:
        assert found.ok and not found.cleaned and found.warnings == ()
    material.altered(path, material.add_open_script)
    with inspector.inspect_pdf(path) as found:
        assert codes(found) == ["stripped", "signature_lost"]
