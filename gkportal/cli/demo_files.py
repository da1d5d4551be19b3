"""Invented scans for the demo city: one page with a title, the name, a frame and a seal that says 演示."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from gkportal.config import ROOT

_FONT = "demo-sans"


def scan(title: str, lines: list[str], *, pages: int = 1) -> bytes:
    """A PDF that looks like a scanned sheet."""
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_FONT, str(ROOT / "fonts" / "NotoSansSC-Regular.ttf")))
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4)
    for number in range(1, pages + 1):
        _sheet(canvas, title, lines, number)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def _sheet(canvas: Canvas, title: str, lines: list[str], number: int) -> None:
    width, height = A4
    canvas.setFillColor(HexColor("#fbfaf5"))
    canvas.rect(0, 0, width, height, stroke=0, fill=1)
    canvas.setStrokeColor(HexColor("#a8863c"))
    canvas.setLineWidth(2)
    canvas.rect(60, 300, width - 120, height - 400, stroke=1, fill=0)
    canvas.setFillColor(HexColor("#7f1d1d"))
    canvas.setFont(_FONT, 24)
    canvas.drawCentredString(width / 2, height - 170, title[:18])
    canvas.setFillColor(HexColor("#1d2634"))
    canvas.setFont(_FONT, 13)
    for index, line in enumerate(lines):
        canvas.drawString(110, height - 230 - index * 30, line[:36])
    _seal(canvas, width - 190, 380)
    canvas.setFillColor(HexColor("#5b6779"))
    canvas.setFont(_FONT, 9)
    canvas.drawString(60, 60, f"演示材料，内容均为虚构　第 {number} 页")


def _seal(canvas: Canvas, x: float, y: float) -> None:
    canvas.setStrokeColor(HexColor("#c0282d"))
    canvas.setFillColor(HexColor("#c0282d"))
    canvas.setLineWidth(3)
    canvas.circle(x, y, 52, stroke=1, fill=0)
    canvas.setFont(_FONT, 30)
    canvas.drawCentredString(x, y - 4, "★")
    canvas.setFont(_FONT, 11)
    canvas.drawCentredString(x, y - 36, "演示用章")


def photo(serial: int) -> bytes:
    """A drawn 2寸 portrait (413 × 579) on white."""
    image = Image.new("RGB", (413, 579), "#ffffff")
    draw = ImageDraw.Draw(image)
    tone = ("#3d5a80", "#5b6f95", "#6b705c", "#7a4e4e", "#456b5d")[serial % 5]
    draw.ellipse((60, 400, 353, 760), fill=tone)
    draw.ellipse((122, 130, 291, 370), fill="#e8c9ad")
    draw.pieslice((116, 110, 297, 330), 180, 360, fill="#2b2b2b")
    draw.rectangle((180, 350, 233, 420), fill="#e8c9ad")
    target = io.BytesIO()
    image.save(target, "JPEG", quality=88)
    return target.getvalue()
