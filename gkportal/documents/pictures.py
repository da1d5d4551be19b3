"""Pictures a template asks for while it is rendered: the QR code of the check text and the draft mark."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont

_MARK_SIZE = (1240, 1754)  # A4 at 150 dots per inch


@lru_cache(maxsize=64)
def _qr_png(text: str) -> bytes:
    output = io.BytesIO()
    segno.make(text, error="m", micro=False).save(output, kind="png", scale=8, border=0)
    return output.getvalue()


class Pictures:
    """Template function object of one render; files go to the render's own folder, names come from code only."""

    def __init__(self, folder: Path, font_file: Path) -> None:
        self._folder = folder
        self._font_file = font_file

    def qr(self, text: str) -> str:
        """File name of a QR code of `text` (ISO/IEC 18004, error correction M)."""
        name = "qr.png"
        (self._folder / name).write_bytes(_qr_png(text))
        return name

    def draft_mark(self, text: str) -> str:
        """File name of a page-sized picture with `text` across it in light grey."""
        name = "draft.png"
        width, height = _MARK_SIZE
        font = ImageFont.truetype(str(self._font_file), 210)
        mark = Image.new("L", (height, height), 255)
        draw = ImageDraw.Draw(mark)
        draw.text((height / 2, height / 2), text, font=font, fill=226, anchor="mm")
        mark = mark.rotate(38, fillcolor=255)
        left = (height - width) // 2
        mark.crop((left, 0, left + width, height)).save(self._folder / name, optimize=False)
        return name
