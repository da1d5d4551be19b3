"""Exports: text stays text, whatever it looks like; any size with flat memory (security.md §3, design.md §7)."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from gkportal.sheets import Column, choose_columns, write_table

COLUMNS = [
    ("name", "姓名", 10, "text"),
    ("id_number", "公民身份号码", 22, "text"),
    ("grade", "等级", 8, "int"),
    ("score", "成绩", 8, "number"),
    ("born", "出生日期", 12, "date"),
    ("at", "提交时间", 18, "datetime"),
]
NAME = COLUMNS[:1]


def read(path: Path, sheet: int = 0) -> list[list]:
    book = openpyxl.load_workbook(path)
    return [[cell.value for cell in row] for row in book.worksheets[sheet].iter_rows()]


def test_a_table_comes_back_cell_by_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows = [
        {
            "name": "王𠅤",
            "id_number": "990101199001010015",
            "grade": 5,
            "score": 87.5,
            "born": date(1990, 1, 1),
            "at": datetime(2026, 4, 15, 15, 59, tzinfo=UTC),
        },
        ("李㛃", "99010119900101002X", None, "缺考", None, None),
    ]
    assert write_table(path, COLUMNS, rows, sheet_title="花名册", note="共 2 人") == (2, 1, 0)
    book = openpyxl.load_workbook(path)
    sheet = book["花名册"]
    assert sheet["A1"].value == "共 2 人"
    assert [cell.value for cell in sheet[2]] == [title for _key, title, *_rest in COLUMNS]
    assert [cell.value for cell in sheet[3]] == [
        "王𠅤",
        "990101199001010015",
        5,
        87.5,
        datetime(1990, 1, 1),
        datetime(2026, 4, 15, 23, 59),  # Asia/Shanghai
    ]
    assert [cell.value for cell in sheet[4]] == ["李㛃", "99010119900101002X", None, "缺考", None, None]
    assert (sheet["B3"].data_type, sheet["B3"].number_format) == ("s", "@")
    assert sheet.freeze_panes == "A3" and sheet.auto_filter.ref == "A2:F4"
    assert sheet.column_dimensions["B"].width == pytest.approx(22, abs=1)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+86 138",
        "-1",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "{=1}",
        "http://example.invalid/",
        "mailto:a@example.invalid",
        "00123",
        "1e5",
        "990101199001010015",
        "TRUE",
        "#REF!",
        "<b>&amp;",
        " 前后空格 ",
        "两\n行",
        "_x000D_",
    ],
)
def test_whatever_it_looks_like_it_is_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.xlsx"
    write_table(path, NAME, [(text,)], sheet_title="a")
    cell = openpyxl.load_workbook(path).active["A2"]
    # A text that looks like the format's own escape is written escaped; openpyxl leaves undoing that to us.
    assert (cell.data_type, unescape(cell.value)) == ("s", text.replace("\r", ""))
    assert cell.hyperlink is None
    xml = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in xml and "hyperlink" not in xml


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_any_text_gives_a_file_that_opens(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "a.xlsx"
    write_table(path, [("a", text, 10, "text")], [(text,), ("end",)], sheet_title=text, note=text or None)
    sheet = openpyxl.load_workbook(path).active
    last = [row[0] for row in sheet.iter_rows()][-1]
    assert (last.value, last.data_type) == ("end", "s")


def test_a_number_column_keeps_what_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_table(
        path,
        [("n", "数", 8, "int")],
        [(7,), (990101199001010015,), (float("nan"),), ("=1",)],
        sheet_title="a",
    )
    assert read(path)[1:] == [[7], ["990101199001010015"], ["nan"], ["=1"]]


def test_a_cell_too_long_for_the_format_is_cut_with_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    written = write_table(path, NAME, [("字" * 32_767,), ("字" * 32_768,), ("𠅤" * 20_000,)], sheet_title="a")
    first, second, third = (row[0] for row in read(path)[1:])
    assert written.cut_cells == 2 and first == "字" * 32_767
    assert second.endswith("已截断）") and len(second) == 32_767
    assert third.endswith("𠅤……（内容过长，已截断）")


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    written = write_table(path, NAME, ((str(n),) for n in range(25)), sheet_title="名册", rows_per_sheet=10)
    assert written == (25, 3, 0)
    assert openpyxl.load_workbook(path).sheetnames == ["名册", "名册(2)", "名册(3)"]
    assert read(path, 2) == [["姓名"], ["20"], ["21"], ["22"], ["23"], ["24"]]


def test_no_rows_give_the_headings(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    assert write_table(path, COLUMNS, [], sheet_title="a/b:c*?[]" + "长" * 40) == (0, 1, 0)
    assert read(path) == [[title for _key, title, *_rest in COLUMNS]]


def test_columns_are_chosen_in_their_own_order() -> None:
    assert [c.key for c in choose_columns(COLUMNS, ["grade", "name", "password"])] == ["name", "grade"]
    assert choose_columns(COLUMNS, []) == [Column(*column) for column in COLUMNS]


def test_progress_is_told(tmp_path: Path) -> None:
    said: list[int] = []
    write_table(tmp_path / "a.xlsx", NAME, (("x",) for _ in range(1100)), sheet_title="a", progress=said.append)
    assert said == [500, 1000, 1100]


def test_a_failure_leaves_neither_file_nor_temp(tmp_path: Path) -> None:
    def rows():
        yield ("x",)
        raise ZeroDivisionError

    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.xlsx").write_bytes(b"before")
    with pytest.raises(ZeroDivisionError):
        write_table(folder / "a.xlsx", NAME, rows(), sheet_title="a")
    assert [path.name for path in folder.iterdir()] == ["a.xlsx"]
    assert (folder / "a.xlsx").read_bytes() == b"before"


FULL = """
import resource, sys
from gkportal.core.errors import Unavailable
from gkportal.sheets import write_table
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    write_table(sys.argv[1], [("a", "a")], ((str(n) * 9,) for n in range(100_000)), sheet_title="a")
except Unavailable as error:
    print(error.message)
"""


@pytest.mark.skipif(os.name == "nt", reason="RLIMIT_FSIZE")
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL, str(tmp_path / "a.xlsx")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    assert "没有导出" in done.stdout and done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_memory_stays_flat(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        rows = ((f"姓名{n}", f"{n:018d}", n % 5, 1.5, None, None) for n in range(count))
        write_table(tmp_path / "a.xlsx", COLUMNS, rows, sheet_title="a")
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    small, large = peak(500), peak(5000)
    assert large < small * 1.5 + 500_000
