"""What reading a sheet tells: rows, problems by cell, or one refusal of the whole file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may take. Sizes in bytes unless named; beyond a limit the file is refused with a sentence.

    `max_rows` counts rows that hold something. After `max_problems` only the first problem of each row is kept.
    """

    max_rows: int = 20_000
    max_columns: int = 60
    max_unpacked: int = 200 * MB
    max_file: int = 20 * MB
    timeout_s: float = 60
    memory_mb: int = 800
    max_members: int = 1_000
    max_problems: int = 10_000


class Cell(NamedTuple):
    """`value` is canonical ("" when empty, dates as 1990-01-01, months as 1990-01); `raw` is what the file said."""

    value: str
    raw: str


EMPTY = Cell("", "")


class CellProblem(NamedTuple):
    """One thing wrong with one cell, in the words of the person who filled it (W1).

    `row` and `column_letter` are those the spreadsheet program shows. `code` is stable, for tests and counts.
    """

    row: int
    column_letter: str
    column_title: str
    value: str
    rule: str
    message: str
    fix: str
    key: str = ""
    code: str = ""


class SheetRow(NamedTuple):
    """A row that holds something; `number` is the one the spreadsheet program shows."""

    number: int
    cells: dict[str, Cell]
    hidden: bool = False

    def value(self, key: str) -> str:
        """The canonical value of a column."""
        return self.cells[key].value


class Refusal(NamedTuple):
    """Why the whole file is not read. `offer_template`: show the link to the current template beside it."""

    code: str
    message: str
    offer_template: bool = False


@dataclass(frozen=True, slots=True)
class SheetResult:
    """The answer. With a `refusal` there are no rows. `warnings` are sentences to show; `meta` is what
    `write_template` was given, as the file says it (never to be trusted). `letters` maps keys to column letters.
    """

    rows: list[SheetRow] = field(default_factory=list)
    problems: list[CellProblem] = field(default_factory=list)
    refusal: Refusal | None = None
    warnings: tuple[str, ...] = ()
    meta: dict[str, str] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)

    @property
    def problems_by_row(self) -> dict[int, list[CellProblem]]:
        """Problems under the number of their row."""
        found: dict[int, list[CellProblem]] = {}
        for problem in self.problems:
            found.setdefault(problem.row, []).append(problem)
        return found


class Refused(Exception):
    """Raised inside the reader; becomes SheetResult.refusal."""

    def __init__(self, code: str, message: str, offer_template: bool = False) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, message, offer_template)
