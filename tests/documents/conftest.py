"""One warm renderer for all tests of the package, and readers for what it makes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image

from gkportal.documents import DocumentRenderer
from gkportal.documents.forms.approval_form import (
    Achievement,
    ApprovalForm,
    CareerRow,
    HeldCertificate,
    PrintMark,
)

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "fonts"
TEMPLATES = ROOT / "templates" / "documents"
PROBES = Path(__file__).parent / "templates"
PHOTO_COLOUR = (30, 90, 200)


@pytest.fixture(scope="session")
def renderer() -> Iterator[DocumentRenderer]:
    made = DocumentRenderer(TEMPLATES, FONTS)
    yield made
    made.close()


@pytest.fixture(scope="session")
def probes() -> Iterator[DocumentRenderer]:
    """Renders tests/documents/templates."""
    made = DocumentRenderer(PROBES, FONTS, timeout_s=20)
    yield made
    made.close()


@pytest.fixture(scope="session")
def photo() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (300, 420), PHOTO_COLOUR).save(output, "JPEG", quality=90)
    return output.getvalue()


def make_form(**changes: object) -> ApprovalForm:
    values: dict = {
        "heading": "江苏省机关事业单位工勤技能岗位技术等级考评审批表",
        "unit_name": "龙城市河道管理所",
        "name": "张示例",
        "id_number": "990101198503070377",
        "trade": "汽车驾驶与管理",
        "grade": "高级工",
        "mode": "正常申报",
        "case_number": "2024051013263598",
        "certificates": (HeldCertificate("汽车驾驶员", "中级工", "Z0S100101", "2019年8月31日", "龙城市工考办"),),
        "career": (CareerRow("2005年9月—", "龙城市河道管理所", "驾驶员"),),
        "achievements": (Achievement("2021年1月", "年度考核优秀"),),
        "mark": PrintMark("3", "8F3A27C1", "GK1|2024051013263598|3|8F3A27C1", "2024年5月11日打印"),
    }
    return ApprovalForm(**(values | changes))


def lines_of(pdf: bytes) -> list[str]:
    """The text lines of all pages, in reading order."""
    document = pypdfium2.PdfDocument(pdf)
    return [
        line
        for page in document
        for line in page.get_textpage().get_text_bounded().replace("\r\n", "\n").split("\n")
        if line
    ]


def text_of(pdf: bytes) -> str:
    """All text without white space: layout decides where lines end."""
    return "".join("".join(lines_of(pdf)).split())


def picture_of(pdf: bytes, page: int = 0) -> Image.Image:
    """The page at 72 dots per inch: one pixel is one point."""
    return pypdfium2.PdfDocument(pdf)[page].render(scale=1).to_pil().convert("RGB")
