"""Pictures of pages, and what a small picture tells about a page: blank, faint, dark."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image, ImageOps

from gkportal.storage.inspection.result import InspectionWarning

#: Longest side of any picture made here, pixels.
LONGEST = 4000
_CHECK_WIDTH = 300
_MARGIN = 0.04  # scanner shadows at the edges are not text
_A4 = (210.0, 297.0)


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Shares of pixels clearly and slightly darker than the paper, mean brightness 0…255."""

    ink: float
    trace: float
    mean: float


def render(path: Path, page: int, width: int, quality: int = 82) -> bytes:
    """JPEG of one page of a PDF (from 1) or of a photo, at most `width` pixels wide.

    Raises IndexError when the page does not exist, ValueError when it cannot be drawn.
    """
    with path.open("rb") as stream:
        head = stream.read(1024)
    if b"%PDF-" in head:
        picture = _render_pdf(path, page, width)
    elif page == 1:
        picture = _open_photo(path, width)
    else:
        raise IndexError(page)
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def _render_pdf(path: Path, page: int, width: int) -> Image.Image:
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise ValueError("not readable") from error
    try:
        if not 1 <= page <= len(document):
            raise IndexError(page)
        return picture_of(document[page - 1], width)
    finally:
        document.close()


def picture_of(page: pdfium.PdfPage, width: int, *, grey: bool = False) -> Image.Image:
    """The page `width` pixels wide (less where it would be longer than LONGEST). ValueError if it has no area."""
    page_width, page_height = page.get_size()
    if page_width <= 0 or page_height <= 0:
        raise ValueError("no area")
    scale = min(width / page_width, LONGEST / page_height, LONGEST / page_width)
    try:
        bitmap = page.render(scale=scale, grayscale=grey, may_draw_forms=True)
    except pdfium.PdfiumError as error:
        raise ValueError("not drawable") from error
    picture = bitmap.to_pil().copy()
    bitmap.close()
    return picture


def _open_photo(path: Path, width: int) -> Image.Image:
    with Image.open(path, formats=("JPEG", "MPO")) as source:
        source.draft("RGB", (width, width * 2))
        picture = ImageOps.exif_transpose(source)
        picture.thumbnail((width, width * 3))
        return picture.convert("RGB")


def page_facts(picture: Image.Image) -> PageFacts:
    """Measure a grey picture without its margin. Paper is what the brightest twentieth looks like."""
    width, height = picture.size
    x, y = int(width * _MARGIN), int(height * _MARGIN)
    counts = picture.convert("L").crop((x, y, max(width - x, x + 1), max(height - y, y + 1))).histogram()
    total = sum(counts)
    paper = _percentile(counts, total * 0.95)
    return PageFacts(
        ink=sum(counts[: max(0, paper - 48)]) / total,
        trace=sum(counts[: max(0, paper - 12)]) / total,
        mean=sum(level * count for level, count in enumerate(counts)) / total,
    )


def _percentile(counts: list[int], rank: float) -> int:
    seen = 0
    for level, count in enumerate(counts):
        seen += count
        if seen >= rank:
            return level
    return len(counts) - 1


def legibility(facts: PageFacts, page: int) -> InspectionWarning | None:
    """A warning for a page that is dark, blank, nearly blank or too faint (S002-128)."""
    if facts.mean < 70:
        return InspectionWarning("dark", f"第{page}页太暗，可能无法辨认，请检查后重新扫描。", page)
    if facts.ink >= 0.0004:
        return None
    if facts.trace > 0.004:
        return InspectionWarning("faint", f"第{page}页字迹太淡，可能无法辨认，请调深后重新扫描。", page)
    return InspectionWarning("blank", f"第{page}页是空白页，请检查是否漏扫或多扫。", page)


def check_pages(document: pdfium.PdfDocument, seconds: float) -> list[InspectionWarning]:
    """Warnings about the pages of an open PDF; stops looking after `seconds` and then says how far it came."""
    warnings: list[InspectionWarning] = []
    odd_sizes: list[int] = []
    end = time.monotonic() + seconds
    for index in range(len(document)):
        if time.monotonic() > end:
            text = f"文件较大，只自动检查了前{index}页的清晰度，其余各页请自行核对。"
            warnings.append(InspectionWarning("unchecked", text, index + 1))
            break
        page = document[index]
        warnings.extend(_page_warnings(page, index + 1))
        if not _is_a4(*page.get_size()):
            odd_sizes.append(index + 1)
        page.close()
    if odd_sizes:
        shown = "、".join(str(number) for number in odd_sizes[:5]) + ("等" if len(odd_sizes) > 5 else "")
        text = f"第{shown}页不是 A4 大小。复印件请统一用 A4 纸、居中。"
        warnings.append(InspectionWarning("page_size", text, odd_sizes[0]))
    return warnings


def _page_warnings(page: pdfium.PdfPage, number: int) -> list[InspectionWarning]:
    try:
        picture = _scan_of(page) or picture_of(page, _CHECK_WIDTH, grey=True)
        found = legibility(page_facts(picture), number)
    except ValueError:
        found = InspectionWarning("unreadable", f"第{number}页无法显示，请检查后重新扫描。", number)
    if found is not None:
        return [found]
    dpi = _scan_dpi(page)
    if dpi is not None and dpi < 100:
        text = f"第{number}页分辨率只有约 {dpi} dpi，日期、印章可能看不清，建议 200 dpi 以上重新扫描。"
        return [InspectionWarning("coarse", text, number)]
    return []


def _scan_of(page: pdfium.PdfPage) -> Image.Image | None:
    """A page that is nothing but one upright JPEG, as scanners write it, decoded small: several times faster than drawing.

    None for every other page; those are drawn.
    """
    width, height = page.get_size()
    items = list(page.get_objects(max_depth=2))
    if len(items) != 1 or items[0].type != pdfium.raw.FPDF_PAGEOBJ_IMAGE or page.get_rotation():
        return None
    left, bottom, right, top = items[0].get_bounds()
    if (right - left) * (top - bottom) < 0.9 * width * height or items[0].get_filters(skip_simple=True) != [
        "DCTDecode"
    ]:
        return None
    try:
        with Image.open(io.BytesIO(bytes(items[0].get_data(decode_simple=True))), formats=("JPEG",)) as source:
            if source.mode not in ("L", "RGB"):
                return None  # CMYK is often stored inverted: let the renderer judge
            source.draft("L", (_CHECK_WIDTH, _CHECK_WIDTH))
            return source.convert("L")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None


def _scan_dpi(page: pdfium.PdfPage) -> int | None:
    """Resolution when one picture covers most of the page, else None."""
    width, height = page.get_size()
    for item in page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE], max_depth=2):
        left, bottom, right, top = item.get_bounds()
        if (right - left) * (top - bottom) > 0.7 * width * height:
            return round(item.get_px_size()[0] / ((right - left) / 72)) or None
    return None


def _is_a4(width_pt: float, height_pt: float) -> bool:
    short, long = sorted((width_pt * 25.4 / 72, height_pt * 25.4 / 72))
    return abs(short - _A4[0]) <= 12 and abs(long - _A4[1]) <= 15
