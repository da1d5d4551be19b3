"""A plain workbook of text columns, written with constant memory to a file that is gone once it was sent."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from typing import IO

import xlsxwriter


def write_workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[IO[bytes], int]:
    """(open file at its start, number of rows). Every cell is text: nothing in it can become a formula."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the response, which closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True, "bottom": 1})
    text = book.add_format({"num_format": "@"})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(headings) - 1, 18)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, bold)
    count = 0
    for count, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            sheet.write_string(count, column, value, text)
    book.close()
    file.seek(0)
    return file, count
