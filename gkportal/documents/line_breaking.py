"""Chinese line breaking for xhtml2pdf: what `-pdf-word-wrap: CJK` does in this process.

The stock breaker drops `<br/>`, cuts numbers and Latin words anywhere, knows one rule of 禁则 and cannot cut a
paragraph between two pages. This one follows GB/T 15834-2011 and W3C clreq: no closing mark at the start of a line, no
opening mark at its end, —— and …… stay whole, and so do Latin words and numbers. Lines are found by bisection on
running widths, so a long paragraph costs no more than its length.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import repeat

from reportlab.pdfbase import pdfmetrics
from xhtml2pdf import reportlab_paragraph as stock

from gkportal.documents.fonts import SPACE_ALIAS

#: May not begin a line.
NO_START = frozenset("，。、；：？！）》〉】』」〕］｝’”…—～·％‰°℃％,.;:?!)]}%/~ー々")
#: May not end a line.
NO_END = frozenset("（《〈【『「〔［｛‘“([{￥$№＄")
#: Never separated from its like.
_INSEPARABLE = frozenset("…—")
_WIDE_MARKS = frozenset("“”‘’…—·")
_NO_BREAK_SPACE = "\xa0"
_ALIAS = chr(SPACE_ALIAS)
#: Rounding of summed widths, in points.
_TOLERANCE = 1e-6
#: Justification may add this share of the font size between two characters; a line that needs more stays ragged.
_MAX_STRETCH = 0.35


def is_han(character: str) -> bool:
    """Whether a line may be broken beside this character without splitting a word."""
    code = ord(character)
    return (
        0x2E80 <= code <= 0x9FFF
        or 0xF900 <= code <= 0xFAFF
        or 0xFE30 <= code <= 0xFE4F
        or 0xFF00 <= code <= 0xFFEF
        or code >= 0x20000
        or character in _WIDE_MARKS
    )


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between these two characters; "" stands for an image or a `<br/>`."""
    if before == "" or after == "":
        return True
    if after == " " or after in NO_START or before in NO_END:
        return False
    if before in (" ", _ALIAS):
        return True
    if _NO_BREAK_SPACE in (before, after) or (before in _INSEPARABLE and after in _INSEPARABLE):
        return False
    return is_han(before) or is_han(after)


_width_functions: dict[str, Callable[[str], list[float]]] = {}


def _width_function(font_name: str) -> Callable[[str], list[float]]:
    """Character widths of a face in thousandths of the font size."""
    known = _width_functions.get(font_name)
    if known is None:
        face = getattr(pdfmetrics.getFont(font_name), "face", None)
        table = getattr(face, "charWidths", None)
        if isinstance(table, dict):
            default = getattr(face, "defaultWidth", 1000)

            def known(text: str) -> list[float]:
                return [table.get(ord(c), default) for c in text]
        else:

            def known(text: str) -> list[float]:
                return [pdfmetrics.stringWidth(c, font_name, 1000) for c in text]

        _width_functions[font_name] = known
    return known


@dataclass
class _Text:
    """A paragraph as one row of characters."""

    characters: list[str] = field(default_factory=list)
    owners: list[object] = field(default_factory=list)  # the fragment each character came from
    ends: list[float] = field(default_factory=lambda: [0.0])  # ends[i]: width of characters[:i], in points
    hard: list[int] = field(default_factory=list)  # places of <br/>

    def add_object(self, fragment: object) -> None:
        if hasattr(fragment, "lineBreak"):
            self.hard.append(len(self.characters))
        self.characters.append("")
        self.owners.append(fragment)
        self.ends.append(self.ends[-1] + (getattr(getattr(fragment, "cbDefn", None), "width", 0) or 0))

    def add_text(self, fragment: object, text: str) -> None:
        total, scale = self.ends[-1], fragment.fontSize / 1000.0
        for width in _width_function(fragment.fontName)(text):
            total += width * scale
            self.ends.append(total)
        self.characters.extend(text)
        self.owners.extend(repeat(fragment, len(text)))


def _fragment_text(fragment: object) -> str:
    text = getattr(fragment, "text", None)
    if text is None:
        text = " ".join(getattr(fragment, "words", ()))
    return text.decode("utf-8") if isinstance(text, bytes) else str(text)


def _measure(fragments: list[object]) -> _Text:
    row = _Text()
    for fragment in fragments:
        text = "" if hasattr(fragment, "cbDefn") or hasattr(fragment, "lineBreak") else _fragment_text(fragment)
        if text:
            row.add_text(fragment, text)
        else:
            row.add_object(fragment)
    return row


def _line_end(row: _Text, start: int, room: float) -> tuple[int, bool]:
    """Where the line that begins at `start` ends, and whether a `<br/>` ends it."""
    characters, count = row.characters, len(row.characters)
    fit = bisect_right(row.ends, row.ends[start] + room + _TOLERANCE) - 1
    while fit < count and characters[fit] == " ":
        fit += 1  # blanks hang in the margin
    fit = max(fit, start + 1)
    place = bisect_left(row.hard, start)
    if place < len(row.hard) and row.hard[place] < fit:
        return row.hard[place] + 1, True
    if fit >= count:
        return count, False
    for end in range(fit, start, -1):
        if may_break(characters[end - 1], characters[end]):
            return end, False
    return fit, False  # one unbreakable word wider than the line


def _extent(fragment: object) -> tuple[float, float]:
    """(ascent, descent) of a fragment; an image counts with its own height, not with the text's."""
    item = getattr(fragment, "cbDefn", None)
    if getattr(item, "width", 0):
        descent, ascent = stock.imgVRange(item.height, item.valign, fragment.fontSize)
        return ascent, descent
    return stock.getAscentDescent(fragment.fontName, fragment.fontSize)


def _pieces(row: _Text, start: int, stop: int) -> list[object]:
    """The line as fragments, one per stretch of the same origin."""
    pieces = []
    at = start
    while at < stop:
        owner, end = row.owners[at], at + 1
        while end < stop and row.owners[end] is owner and row.characters[end] != "":
            end += 1
        piece = owner.clone()
        piece.text = "".join(row.characters[at:end])
        pieces.append(piece)
        at = end
    return pieces


def _build_line(row: _Text, start: int, stop: int, room: float, hard: bool) -> object:
    last = stop
    while last > start and row.characters[last - 1] == " ":
        last -= 1
    pieces = _pieces(row, start, stop)
    extents = [_extent(piece) for piece in pieces]
    return stock.FragLine(
        kind=1,
        extraSpace=room - (row.ends[last] - row.ends[start]),
        wordCount=1,
        words=pieces,
        fontSize=max(piece.fontSize for piece in pieces),
        ascent=max(ascent for ascent, _ in extents),
        descent=min(descent for _, descent in extents),
        lineBreak=hard,
        han_count=last - start,
    )


def break_lines(paragraph: object, width: float | list[float]) -> object:
    """Replacement of `Paragraph.breakLinesCJK`: the paragraph's lines, all of the "complex" kind."""
    widths = width if isinstance(width, (list, tuple)) else [width]
    style = paragraph.style
    stock._handleBulletWidth(paragraph.bulletText, style, widths, rtl=paragraph.dir == "rtl")
    if getattr(paragraph, "_splitpara", 0) and hasattr(paragraph, "blPara"):
        return paragraph.blPara
    row = _measure(paragraph.frags)
    lines: list[object] = []
    start, count = 0, len(row.characters)
    while start < count:
        room = widths[min(len(lines), len(widths) - 1)]
        stop, hard = _line_end(row, start, room)
        lines.append(_build_line(row, start, stop, room, hard))
        start = stop
        while not hard and start < count and row.characters[start] in (" ", _ALIAS):
            start += 1
    return stock.ParaLines(kind=1, lines=lines)


def _split_fragments(lines: object, start: int, stop: int) -> list[object]:
    """Replacement of `_split_blParaHard`: the words of some lines, without the blank it adds after each line."""
    part = lines.lines[start:stop]
    if part and hasattr(part[0], "han_count"):
        return [word for line in part for word in line.words]
    return _stock_split(lines, start, stop)


def _draw_justified(text: object, offset: float, line: object, last: int = 0) -> None:
    """Replacement of `_justifyDrawParaLineX`: spreads characters, as Chinese text has no blanks to widen."""
    count = getattr(line, "han_count", 0)
    if not count:
        _stock_justified(text, offset, line, last)
        return
    gap = line.extraSpace / (count - 1) if count > 1 else 0
    spread = not last and not line.lineBreak and 0 < gap <= _MAX_STRETCH * line.fontSize
    stock.setXPos(text, offset)
    if spread:
        text.setCharSpace(gap)
    stock._putFragLine(offset, text, line)
    if spread:
        text.setCharSpace(0)
    stock.setXPos(text, -offset)


def _broken_lines(paragraph: object, first: float, later: float) -> object:
    """Wrapper of `Paragraph._brokenLines`: its memory of the last answer works again.

    A cell is measured, measured again and drawn at widths that differ by rounding (58.11968504, 58.11968404); each
    difference broke the lines anew. A hundredth of a point is far below what a printer shows.
    """
    return _stock_broken(paragraph, round(first, 2), round(later, 2))


_stock_broken = stock.Paragraph._brokenLines
_stock_split = stock._split_blParaHard
_stock_justified = stock._justifyDrawParaLineX


def install() -> None:
    """Replace the stock functions. Once per process."""
    stock.Paragraph.breakLinesCJK = break_lines
    stock.Paragraph._brokenLines = _broken_lines
    stock._justifyDrawParaLineX = _draw_justified
    stock._split_blParaHard = _split_fragments
