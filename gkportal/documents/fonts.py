"""The typefaces of the documents: which files, which names in CSS, and who draws a rare character.

Registered once per process; `@font-face` would read and hash every file again for each document. The rare faces
(Hanazono, about 30 MB each) are opened only when a text needs them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont, TTFontFace

from gkportal.documents.faces import FAMILIES, HEI, SONG

IDEOGRAPHIC_SPACE = 0x3000
#: Stands for U+3000 on the way through the HTML renderer, which folds every Unicode white space into one blank
#: (姓　　名 would lose its spacing). It has the glyph of U+3000 and is written to the PDF as U+3000.
SPACE_ALIAS = 0xF3000


class _GlyphWindow:
    """The `glyf` table as reportlab reads it, glyph by glyph, without copying 14 MB for each subset."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data = data
        self._start = start

    def __getitem__(self, part: slice) -> bytes:
        return self._data[self._start + part.start : self._start + part.stop]


def _without_copies(face: TTFontFace) -> None:
    """Let `face` hand out its outlines through a window; all other tables are small."""
    outlines = _GlyphWindow(face._ttf_data, face.get_table_pos("glyf")[0])
    whole = face.get_table
    face.get_table = lambda tag: outlines if tag == "glyf" else whole(tag)


def _open(name: str, path: Path) -> TTFont:
    """Register one file under `name`, with the stand-in for U+3000."""
    font = TTFont(name, str(path))
    face = font.face
    glyph = face.charToGlyph.get(IDEOGRAPHIC_SPACE)
    if glyph is not None:
        face.charToGlyph[SPACE_ALIAS] = glyph
        face.charWidths[SPACE_ALIAS] = face.charWidths.get(IDEOGRAPHIC_SPACE, 1000)
    _without_copies(face)
    pdfmetrics.registerFont(font)
    return font


def _announce(family: str, regular: str, bold: str) -> None:
    """Make `family` known to reportlab (weights) and to xhtml2pdf (CSS names of every document)."""
    from xhtml2pdf import default

    for is_bold in (0, 1):
        for is_italic in (0, 1):
            addMapping(family, is_bold, is_italic, bold if is_bold else regular)
    default.DEFAULT_FONT[family] = family


def is_printable(character: str) -> bool:
    """False for what no font may be asked to draw: control characters, lone surrogates, the stand-in itself."""
    if character in "\n\r\t":
        return True
    return unicodedata.category(character) not in {"Cc", "Cs", "Cn"} and ord(character) != SPACE_ALIAS


class FontBook:
    """The faces of this process. Create it once; creating registers the required families."""

    def __init__(self, font_dir: Path, rare_fonts: Sequence[Path] = ()) -> None:
        self._rare = [(f"rare{number}", path) for number, path in enumerate(rare_fonts)]
        self._waiting = list(self._rare)
        self._covered: list[dict[int, int]] = []
        for family in FAMILIES:
            regular = _open(family.name, font_dir / family.regular)
            bold = family.name
            if family.bold != family.regular:
                bold = _open(f"{family.name}-bold", font_dir / family.bold).fontName
            _announce(family.name, family.name, bold)
            if family is SONG:
                self._covered.append(regular.face.charToGlyph)

    @property
    def stacks(self) -> dict[str, str]:
        """CSS `font-family` values: the family, then who draws what it lacks."""
        rare = [name for name, _ in self._rare]
        return {"song": ", ".join([SONG.name, *rare]), "hei": ", ".join([HEI.name, SONG.name, *rare])}

    def _uncovered(self, characters: Iterable[str]) -> list[str]:
        return [c for c in characters if not any(ord(c) in face for face in self._covered)]

    def prepare(self, text: str) -> list[str]:
        """Open the rare faces `text` needs; return the characters, in order, that no face can draw."""
        characters = [c for c in dict.fromkeys(text) if not (c.isspace() and is_printable(c))]
        refused = [c for c in characters if not is_printable(c)]
        wanted = self._uncovered(c for c in characters if is_printable(c))
        while wanted and self._waiting:
            name, path = self._waiting.pop(0)
            try:
                self._covered.append(_open(name, path).face.charToGlyph)
            except (OSError, TTFError):
                continue  # a fallback that is not there must not stop documents that do not need it
            _announce(name, name, name)
            wanted = self._uncovered(wanted)
        return refused + wanted


def describe(characters: Iterable[str]) -> str:
    """`“𡋾”（U+212FE）、U+0007`: characters as a sentence names them."""
    return "、".join(
        f"“{c}”（U+{ord(c):04X}）"
        if is_printable(c) and not unicodedata.category(c).startswith("C")
        else f"U+{ord(c):04X}"
        for c in characters
    )
