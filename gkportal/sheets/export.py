"""Writing xlsx exports: any number of rows with flat memory, text as text, chosen columns (design.md §7).

Every text is a string cell — never a formula, a number or a link — so that an ID number keeps its 18 digits and
`=cmd|…` stays what somebody typed (security.md §3, XLSX export).
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from gkportal.core import clock
from gkportal.core.errors import Unavailable

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

#: Limits of the file format.
MAX_ROWS = 1_048_576
MAX_CELL = 32_767
MAX_SHEET_TITLE = 31
CUT_MARK = "……（内容过长，已截断）"

_REPORT_EVERY = 500


class Column(NamedTuple):
    """A column: key of the row's value, heading, width in characters, type.

    Types: `text` (all codes and ID numbers), `int`, `number`, `date`, `datetime` (shown in Asia/Shanghai).
    """

    key: str
    title: str
    width: float = 14
    type: str = "text"


class Written(NamedTuple):
    """What was written: rows, sheets, and how many cells were cut at the format's limit."""

    rows: int
    sheets: int
    cut_cells: int


Row = Mapping[str, Any] | Sequence[Any]


def choose_columns(columns: Sequence[Sequence[Any]], keys: Iterable[str]) -> list[Column]:
    """The columns with these keys, in the order of `columns`; unknown keys are left out, none chosen means all."""
    wanted = set(keys)
    rows = [Column(*column) for column in columns]
    return [column for column in rows if column.key in wanted] or rows


def write_table(
    path: Path | str,
    columns: Sequence[Sequence[Any]],
    rows: Iterable[Row],
    *,
    sheet_title: str,
    note: str | None = None,
    progress: Callable[[int], object] | None = None,
    rows_per_sheet: int = MAX_ROWS - 2,
) -> Written:
    """Write `rows` (dicts by key, or tuples in the order of `columns`) to an xlsx file at `path`.

    `note` stands above the headings. `progress(rows written)` is called every few hundred rows. More rows than a
    sheet holds go on in a further sheet. The file appears whole or not at all; Unavailable when the disk is full.
    """
    target = Path(path)
    from xlsxwriter.exceptions import FileCreateError

    try:
        with TemporaryDirectory(dir=target.parent, prefix=".export-", ignore_cleanup_errors=True) as folder:
            temp = Path(folder, "table.xlsx")
            with _workbook(temp) as book:
                table = [Column(*column) for column in columns]
                writer = _Writer(book, table, sheet_title, note, rows_per_sheet)
                for number, row in enumerate(rows, 1):
                    writer.write(row)
                    if progress is not None and number % _REPORT_EVERY == 0:
                        progress(number)
                written = writer.finish()
            _sync(temp)
            os.replace(temp, target)
    except (OSError, FileCreateError) as error:
        raise Unavailable("服务器存储空间不足或不可写，没有导出。请稍后重试，仍不成功请联系系统管理员。") from error
    if progress is not None:
        progress(written.rows)
    return written


class _Writer:
    """Rows into sheets, one after the other: constant memory allows no way back."""

    def __init__(
        self, book: Workbook, columns: list[Column], title: str, note: str | None, rows_per_sheet: int
    ) -> None:
        self.book = book
        self.columns = columns
        self.title = title
        self.note = note
        self.rows_per_sheet = rows_per_sheet
        self.cut = self.rows = self.sheets = 0
        self.head_format = book.add_format(
            {
                "bold": True,
                "border": 1,
                "bg_color": "#E8EEF7",
                "align": "center",
                "valign": "vcenter",
                "num_format": "@",
            }
        )
        self.note_format = book.add_format({"num_format": "@", "font_color": "#555555"})
        formats = {
            "text": "@",
            "int": "0",
            "number": "General",
            "date": "yyyy-mm-dd",
            "datetime": "yyyy-mm-dd hh:mm",
        }
        self.formats = {kind: book.add_format({"num_format": code}) for kind, code in formats.items()}
        self.cell_writers = [self._cell_writer(column) for column in columns]
        self._next_sheet()

    def write(self, row: Row) -> None:
        """Add a row."""
        if self.line - self.first == self.rows_per_sheet:
            self._close_sheet()
            self._next_sheet()
        values = [row.get(column.key) for column in self.columns] if isinstance(row, Mapping) else row
        for index, (value, write) in enumerate(zip(values, self.cell_writers, strict=True)):
            if value is not None and value != "":
                write(self.line, index, value)
        self.line += 1
        self.rows += 1

    def finish(self) -> Written:
        """Finish the last sheet."""
        self._close_sheet()
        return Written(self.rows, self.sheets, self.cut)

    def _next_sheet(self) -> None:
        self.sheets += 1
        self.sheet: Worksheet = self.book.add_worksheet(_sheet_title(self.title, self.sheets))
        for index, column in enumerate(self.columns):
            self.sheet.set_column(index, index, column.width, self.formats[column.type])
        self.line = 0
        if self.note:
            self.sheet.write_string(0, 0, self._text(self.note), self.note_format)
            self.line = 1
        self.head = self.line
        for index, column in enumerate(self.columns):
            self.sheet.write_string(self.head, index, self._text(column.title), self.head_format)
        self.line += 1
        self.first = self.line
        self.sheet.freeze_panes(self.first, 0)

    def _close_sheet(self) -> None:
        if self.columns:
            self.sheet.autofilter(self.head, 0, max(self.line - 1, self.head), len(self.columns) - 1)

    def _cell_writer(self, column: Column) -> Callable[[int, int, Any], None]:
        style = self.formats[column.type]

        def text(line: int, index: int, value: Any) -> None:
            self.sheet.write_string(line, index, self._text(str(value)), self.formats["text"])

        def number(line: int, index: int, value: Any) -> None:
            if isinstance(value, int | float) and value == value and abs(value) < 10**15:
                self.sheet.write_number(line, index, value, style)
            else:
                text(line, index, value)  # more digits than a spreadsheet keeps, or no number at all

        def day(line: int, index: int, value: Any) -> None:
            value = _wall_clock(value)
            if value is None:
                return
            if isinstance(value, date) and value.year >= 1900:
                self.sheet.write_datetime(line, index, value, style)
            else:
                text(line, index, value)

        return {"int": number, "number": number, "date": day, "datetime": day}.get(column.type, text)

    def _text(self, value: str) -> str:
        """What XML can carry, cut at the format's limit with a mark that says so."""
        if not value.isprintable():
            value = "".join(character for character in value if _allowed(character))
        length = len(value) + sum(character > "\uffff" for character in value) if len(value) > MAX_CELL // 2 else 0
        if length <= MAX_CELL:
            return value
        self.cut += 1
        return _cut(value, MAX_CELL - len(CUT_MARK)) + CUT_MARK


def _allowed(character: str) -> bool:
    return character in "\n\t" or (
        unicodedata.category(character) not in {"Cc", "Cs"} and character not in "\ufffe\uffff"
    )


def _wall_clock(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return clock.local(value).replace(tzinfo=None)
    return value


def _sheet_title(title: str, number: int) -> str:
    clean = "".join("_" if character in "[]:*?/\\" else character for character in title if character.isprintable())
    tail = f"({number})" if number > 1 else ""
    return (_cut(clean, MAX_SHEET_TITLE - len(tail)).strip().strip("'") or "数据") + tail


def _cut(text: str, units: int) -> str:
    """At most `units` UTF-16 units, which is how the format counts; a rare 汉字 is two and is never halved."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


@contextmanager
def _workbook(path: Path) -> Iterator[Workbook]:
    """A workbook that is written when the block ends well, and dropped with its open files when it does not."""
    import xlsxwriter  # only when something is exported: the server starts without it

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
    try:
        yield book
        book.close()
    finally:
        book.fileclosed = True  # nothing is written later, when the object goes
        for sheet in book.worksheets_objs:
            if sheet.row_data_fh is not None:
                with suppress(OSError):
                    sheet.row_data_fh.close()
