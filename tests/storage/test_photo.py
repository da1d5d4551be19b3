"""Uploaded ID photos (S002-11, X-43; security.md §3 images)."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from gkportal.storage import Inspection, Inspector, PhotoRule
from tests.storage import material


def inspect(inspector: Inspector, folder: Path, data: bytes, rule: PhotoRule | None = None) -> Inspection:
    path = folder / "upload"
    path.write_bytes(data)
    return inspector.inspect_photo(path, rule)


def codes(found: Inspection) -> list[str]:
    return [item.code for item in found.warnings]


@pytest.mark.parametrize("size", [(413, 579), (413, 626), (295, 413), (1500, 2100)])
def test_a_sound_photo_is_written_anew(tmp_path: Path, inspector: Inspector, size: tuple[int, int]) -> None:
    with inspect(inspector, tmp_path, material.jpeg(material.person(*size), quality=92)) as found:
        assert found.ok and found.cleaned and codes(found) == []
        assert (found.width, found.height) == size
        with Image.open(found.path) as clean:
            assert (clean.format, clean.mode) == ("JPEG", "RGB")
            assert clean.width <= 600 and clean.height <= 840
            assert abs(clean.width / clean.height - size[0] / size[1]) < 0.005
        assert Image.open(io.BytesIO(found.derived["thumbnail"])).width <= 160


def test_orientation_is_applied_and_metadata_dropped(tmp_path: Path, inspector: Inspector) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90° clockwise
    exif[0x010E] = "secret description"
    exif.get_ifd(0x8825)[1] = "N"
    lying = material.person(900, 1260).rotate(90, expand=True)
    data = material.jpeg(lying, exif=exif, comment=b"secret comment")
    with inspect(inspector, tmp_path, data) as found:
        assert found.ok and (found.width, found.height) == (900, 1260)
        clean = found.path.read_bytes()
        assert b"secret" not in clean and b"Exif" not in clean
        with Image.open(found.path) as picture:
            assert picture.height > picture.width
            assert picture.getpixel((picture.width // 2, picture.height - 5))[2] > 80  # the blue shoulders are below


def test_cmyk_and_grey_become_rgb(tmp_path: Path, inspector: Inspector) -> None:
    for mode in ("CMYK", "L"):
        with inspect(inspector, tmp_path, material.jpeg(material.person().convert(mode))) as found:
            assert found.ok and codes(found) == []
            with Image.open(found.path) as clean:
                assert clean.mode == "RGB" and min(clean.getpixel((3, 3))) > 240


def test_an_mpo_gives_its_first_picture(tmp_path: Path, inspector: Inspector) -> None:
    out = io.BytesIO()
    material.person().save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (413, 579), (255, 0, 0))])
    with inspect(inspector, tmp_path, out.getvalue()) as found:
        assert found.ok
        with Image.open(found.path) as clean:
            assert clean.format == "JPEG" and min(clean.getpixel((3, 3))) > 240


def test_a_polyglot_photo_loses_its_other_half(tmp_path: Path, inspector: Inspector) -> None:
    with inspect(inspector, tmp_path, material.jpeg(material.person()) + material.zip_bytes()) as found:
        assert found.ok and b"evil.exe" not in found.path.read_bytes()


def encoded(kind: str) -> bytes:
    out = io.BytesIO()
    material.person().save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (encoded("PNG"), "PNG"),
        (encoded("GIF"), "GIF"),
        (encoded("BMP"), "BMP"),
        (encoded("WEBP"), "WebP"),
        (encoded("TIFF"), "TIFF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "兼容性最佳"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "SVG"),
        (b"%PDF-1.7\n", "PDF"),
        (material.zip_bytes(), "压缩包"),
        (b"", "JPG"),
        (b"GIF", "JPG"),
    ],
)
def test_other_files_called_jpg_are_refused_with_the_way_out(
    tmp_path: Path, inspector: Inspector, data: bytes, words: str
) -> None:
    found = inspect(inspector, tmp_path, data)
    assert (found.ok, found.code, found.path) == (False, "not_jpg", None)
    assert words in found.refusal


def test_150_megapixels_are_refused_before_decoding(tmp_path: Path, inspector: Inspector) -> None:
    found = inspect(inspector, tmp_path, material.huge_jpeg())
    assert (found.ok, found.code) == (False, "too_many_pixels")
    assert "像素太多" in found.refusal


def test_more_than_2_mb_are_refused(tmp_path: Path, inspector: Inspector) -> None:
    data = material.jpeg(material.person())
    limit = 2 * 1024 * 1024
    with inspect(inspector, tmp_path, data + b"\0" * (limit - len(data))) as found:
        assert found.ok
    found = inspect(inspector, tmp_path, data + b"\0" * (limit + 1 - len(data)))
    assert (found.code, "2 MB 的上限" in found.refusal) == ("too_large", True)


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ((800, 800), "ratio"),
        ((579, 413), "ratio"),
        ((500, 900), "ratio"),
        ((294, 413), "too_small"),
        ((295, 412), "too_small"),
    ],
)
def test_wrong_shapes_are_refused(tmp_path: Path, inspector: Inspector, size: tuple[int, int], code: str) -> None:
    found = inspect(inspector, tmp_path, material.jpeg(material.person(*size)))
    assert (found.ok, found.code) == (False, code)
    assert f"{size[0]}×{size[1]}" in found.refusal


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_half_a_photo_is_refused(tmp_path: Path, inspector: Inspector, share: float) -> None:
    data = material.jpeg(material.person())
    found = inspect(inspector, tmp_path, data[: int(len(data) * share)])
    assert (found.ok, found.code) == (False, "broken")


def test_a_coloured_background_is_a_warning_where_white_is_asked(tmp_path: Path, inspector: Inspector) -> None:
    blue = material.jpeg(material.person(background=(70, 130, 200)))
    with inspect(inspector, tmp_path, blue) as found:
        assert found.ok and codes(found) == ["background"]
    with inspect(inspector, tmp_path, blue, PhotoRule(white_background=False, colour=True)) as found:
        assert codes(found) == []


def test_a_grey_photo_is_a_warning_where_colour_is_asked(tmp_path: Path, inspector: Inspector) -> None:
    grey = material.jpeg(material.person().convert("L"))
    with inspect(inspector, tmp_path, grey, PhotoRule(white_background=False, colour=True)) as found:
        assert codes(found) == ["grey"]
