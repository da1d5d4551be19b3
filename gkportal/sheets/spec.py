"""What a template is: its id, version and columns. Pure data, the same for writing, reading and the failed rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "name", "id_number", "date", "month", "choice", "integer"]

#: Title of the column that `write_failed_rows` adds; reading ignores it.
ERROR_TITLE = "错误说明"
#: Names of the two sheets a clerk never sees.
META_SHEET = "_gk_template"
CHOICES_SHEET = "_gk_choices"
#: First cell of the meta sheet.
META_MARK = "gkportal-template"


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """A column: `key` for the program, `title` for people (the column is found by it, wherever it stands).

    `choices` fill a drop-down and, when `strict`, are what a value must be; `aliases` are (written, meant) pairs
    such as (本科学历, 大学本科), S000-57. `width` is in characters, `max_length` in code points. `locked` cells
    cannot be edited; a `hidden` column carries keys of the program. `hint` stands under the heading.
    """

    key: str
    title: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    width: float = 14
    hint: str = ""
    locked: bool = False
    hidden: bool = False
    aliases: tuple[tuple[str, str], ...] = ()
    strict: bool = True
    max_length: int = 200
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """A template. A file is read only with the same `id` and `version`: raise `version` when columns change."""

    id: str
    version: int
    title: str
    columns: tuple[ColumnSpec, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Titles and keys name one column each."""
        for values in ([c.title for c in self.columns], [c.key for c in self.columns]):
            if len(set(values)) != len(values) or not values or ERROR_TITLE in values:
                raise ValueError(f"template {self.id}: titles and keys of columns must differ: {values}")

    def column(self, key: str) -> ColumnSpec:
        """The column with this key. KeyError when there is none."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(key)


def heading(column: ColumnSpec) -> str:
    """What the heading cell shows: `*姓名` when required."""
    return f"*{column.title}" if column.required else column.title
