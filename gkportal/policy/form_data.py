"""The declaration form's data while it is being checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from gkportal.policy.facts import Facts
from gkportal.policy.whens import Subject

if TYPE_CHECKING:
    from gkportal.policy.pack import Pack


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to change. `message` names the place and stands in the summary; `inline`
    stands at the field. `row_index` counts from 0, None for a plain field or the whole section.
    """

    section: str
    field: str
    row_index: int | None
    message: str
    severity: str
    inline: str = ""


@dataclass(slots=True)
class Sheet:
    """The data under check with everything the checks need."""

    pack: Pack
    kind: str
    data: Mapping[str, Any]
    facts: Facts
    today: date | None
    subject: Subject

    def rows(self, key: str) -> list[Mapping[str, Any]]:
        """Rows of a section; anything that is not a list of rows counts as none."""
        value = self.data.get(key)
        return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []

    def text(self, key: str) -> str:
        """A value as stripped text."""
        return as_text(self.data.get(key))


def as_text(value: object) -> str:
    """Text without outer blanks; "" for None."""
    return "" if value is None else str(value).strip()


def month_range(value: object) -> tuple[str, str]:
    """(start, end) of a month_range value {"start": …, "end": …}; blanks when absent."""
    if isinstance(value, Mapping):
        return as_text(value.get("start")), as_text(value.get("end"))
    if isinstance(value, list | tuple) and len(value) == 2:
        return as_text(value[0]), as_text(value[1])
    return as_text(value), ""
