"""The XML of one worksheet → rows of raw cells, as a stream of events: no tree, no gaps filled, memory bounded.

openpyxl's reader is not used here: it hangs on a stray cell at XFD1048576 and on millions of empty rows
(security.md §1 #7), does not tell hidden rows and merged cells while streaming, and takes several times as long.
A document type declaration ends the reading at once, so no entity is ever defined or expanded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from xml.parsers import expat

from defusedxml.common import DTDForbidden
from openpyxl.utils.escape import unescape

from gkportal.sheets.archive import DAMAGED, DTD
from gkportal.sheets.result import Refused

MAX_ROW, MAX_COLUMN = 1_048_576, 16_384
#: Characters kept of one cell; the format allows 32,767.
MAX_TEXT = 33_000
MAX_MERGES = 5_000

_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_ROW_NUMBER = re.compile(r"[0-9]{1,7}")
_MERGE = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")


class RawCell(NamedTuple):
    """A cell that holds something. `type` as in the file: n, s (text is an index), str, inlineStr, b, e, d."""

    column: int
    type: str
    style: int
    text: str
    formula: bool


class RawRow(NamedTuple):
    """A row with its cells up to the last allowed column; empty cells are left out."""

    number: int
    hidden: bool
    cells: list[RawCell]


class Merge(NamedTuple):
    """A merged range; rows and columns count from 1."""

    left: int
    top: int
    right: int
    bottom: int


class _Stream:
    """An expat parser whose handlers are found by the local name of the element."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _forbid
        self.parser.EntityDeclHandler = _forbid
        self._collecting = False
        self._parts: list[str] = []
        self._length = 0

    def handle(self, starts: dict[str, Callable[[dict[str, str]], None]], ends: dict[str, Callable[[], None]]) -> None:
        """Call these for elements of the spreadsheet namespaces."""
        get_start = {f"{space} {name}": call for space in _NAMESPACES for name, call in starts.items()}.get
        get_end = {f"{space} {name}": call for space in _NAMESPACES for name, call in ends.items()}.get

        def start(name: str, attributes: dict[str, str]) -> None:
            call = get_start(name)
            if call is not None:
                call(attributes)

        def end(name: str) -> None:
            call = get_end(name)
            if call is not None:
                call()

        self.parser.StartElementHandler = start
        self.parser.EndElementHandler = end

    def collect(self) -> None:
        """Keep the characters that follow."""
        self.parser.CharacterDataHandler = self._characters

    def stop(self) -> None:
        """Keep no more characters."""
        self.parser.CharacterDataHandler = None

    def take(self) -> str:
        """The characters kept since the last call."""
        if not self._parts:
            return ""
        text = self._parts[0] if len(self._parts) == 1 else "".join(self._parts)
        self._parts = []
        self._length = 0
        return text

    def feed(self, chunk: bytes, final: bool = False) -> None:
        """Parse a piece. Refused when it is no XML or declares a document type."""
        try:
            self.parser.Parse(chunk, final)
        except DTDForbidden as error:
            raise Refused("dtd", DTD) from error
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise Refused("damaged", DAMAGED) from error

    def _characters(self, data: str) -> None:
        if self._length < MAX_TEXT:
            self._parts.append(data[: MAX_TEXT - self._length])
            self._length += len(data)


class Grid(_Stream):
    """Rows of a worksheet. `merges`, `wide` (something stands beyond `max_column`) are known at the end."""

    def __init__(self, max_column: int) -> None:
        super().__init__()
        self.max_column = max_column
        self.merges: list[Merge] = []
        self.wide = False
        self._rows: list[RawRow] = []
        self._cells: list[RawCell] = []
        self._number = self._column = 0
        self._hidden = self._formula = False
        self._attributes: dict[str, str] = {}
        self.handle(
            {"c": self._start_cell, "v": self._start_text, "t": self._start_text, "f": self._start_formula,
             "rPh": self._start_phonetic, "row": self._start_row, "mergeCell": self._merge},
            {"c": self._end_cell, "v": self.stop, "t": self.stop, "rPh": self._end_phonetic, "row": self._end_row},
        )  # fmt: skip
        self._phonetic = False

    def read(self, chunks: Iterable[bytes]) -> Iterator[RawRow]:
        """Rows that hold something, in the order of the file."""
        for chunk in chunks:
            self.feed(chunk)
            if self._rows:
                yield from self._rows
                self._rows = []
        self.feed(b"", final=True)
        yield from self._rows

    def _start_row(self, attributes: dict[str, str]) -> None:
        given = attributes.get("r")
        if given is None:
            self._number += 1
        elif _ROW_NUMBER.fullmatch(given):
            self._number = int(given)
        else:
            raise Refused("damaged", DAMAGED)
        if not 1 <= self._number <= MAX_ROW:
            raise Refused("damaged", DAMAGED)
        self._column = 0
        self._hidden = attributes.get("hidden") in {"1", "true"}

    def _end_row(self) -> None:
        if self._cells:
            self._rows.append(RawRow(self._number, self._hidden, self._cells))
            self._cells = []

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._attributes = attributes
        self._formula = False
        self.take()

    def _start_text(self, _attributes: dict[str, str]) -> None:
        if not self._phonetic:
            self.collect()

    def _start_formula(self, _attributes: dict[str, str]) -> None:
        self._formula = True

    def _start_phonetic(self, _attributes: dict[str, str]) -> None:
        self._phonetic = True

    def _end_phonetic(self) -> None:
        self._phonetic = False

    def _end_cell(self) -> None:
        attributes = self._attributes
        reference = attributes.get("r")
        column = self._column + 1 if reference is None else column_number(reference.rstrip("0123456789"))
        self._column = column
        text = self.take()
        if not text and not self._formula:
            return
        if column > self.max_column:
            self.wide = self.wide or self._formula or bool(text.strip())
            return
        style = attributes.get("s", "0")
        self._cells.append(
            RawCell(
                column,
                attributes.get("t", "n"),
                int(style) if style.isdecimal() and len(style) < 7 else 0,
                text,
                self._formula,
            )
        )

    def _merge(self, attributes: dict[str, str]) -> None:
        match = _MERGE.fullmatch(attributes.get("ref", ""))
        if match is None:
            return
        if len(self.merges) >= MAX_MERGES:
            raise Refused("merged", f"表格中的合并单元格超过 {MAX_MERGES} 处。请全选后取消合并，再上传。")
        left, top, right, bottom = match.groups()
        right, bottom = right or left, bottom or top
        self.merges.append(Merge(column_number(left), int(top), column_number(right), int(bottom)))


class _Strings(_Stream):
    """The shared strings: rich text joined, phonetic guides left out."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.items: list[str] = []
        self._most = most
        self._phonetic = 0
        self.handle(
            {"si": self._start, "t": self._text, "rPh": self._skip},
            {"si": self._end, "t": self.stop, "rPh": self._resume},
        )

    def _start(self, _attributes: dict[str, str]) -> None:
        self.take()

    def _text(self, _attributes: dict[str, str]) -> None:
        if not self._phonetic:
            self.collect()

    def _skip(self, _attributes: dict[str, str]) -> None:
        self._phonetic += 1

    def _resume(self) -> None:
        self._phonetic -= 1

    def _end(self) -> None:
        if len(self.items) >= self._most:
            raise Refused("too_many_texts", "表格中不同的文字过多，没有读取。请只保留要上传的数据。", True)
        text = self.take()
        self.items.append(unescape(text) if "_x" in text else text)


class _Formats(_Stream):
    """The number format of every cell style."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, str] = {}
        self.styles: list[str] = []
        self._inside = False
        self.handle({"numFmt": self._format, "cellXfs": self._enter, "xf": self._style}, {"cellXfs": self._leave})

    def _format(self, attributes: dict[str, str]) -> None:
        if len(self.codes) < 5_000:
            self.codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")[:255]

    def _enter(self, _attributes: dict[str, str]) -> None:
        self._inside = True

    def _leave(self) -> None:
        self._inside = False

    def _style(self, attributes: dict[str, str]) -> None:
        if self._inside and len(self.styles) < 65_536:
            self.styles.append(attributes.get("numFmtId", "0"))


def read_strings(chunks: Iterable[bytes], most: int) -> list[str]:
    """The shared strings, at most `most`."""
    return _run(_Strings(most), chunks).items


def read_formats(chunks: Iterable[bytes]) -> tuple[list[str], dict[str, str]]:
    """(format id of each cell style, own format codes by id)."""
    formats = _run(_Formats(), chunks)
    return formats.styles, formats.codes


def column_number(letters: str) -> int:
    """`A` → 1, `XFD` → 16384. Refused beyond, or when it is no column."""
    number = _NUMBERS.get(letters)
    if number is None:
        number = 0
        for letter in letters[:4]:
            number = number * 26 + (ord(letter) - 64 if "A" <= letter <= "Z" else MAX_COLUMN)
        if not 1 <= number <= MAX_COLUMN:
            raise Refused("damaged", DAMAGED)
        _NUMBERS[letters] = number
    return number


_NUMBERS: dict[str, int] = {}


def _run(stream: Any, chunks: Iterable[bytes]) -> Any:
    for chunk in chunks:
        stream.feed(chunk)
    stream.feed(b"", final=True)
    return stream


def _forbid(*arguments: Any) -> None:
    raise DTDForbidden(str(arguments[0])[:40], None, None)
