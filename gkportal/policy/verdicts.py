"""Answers of the eligibility rules, line by line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gkportal.policy.facts import Facts
    from gkportal.policy.pack import Pack

Outcome = Literal["met", "not_met", "unknown"]
OUTCOME_LABELS: dict[str, str] = {"met": "满足", "not_met": "不满足", "unknown": "待确认"}
TITLES: dict[str, str] = {"met": "符合", "not_met": "不符合", "unknown": "待确认"}
RANK: dict[str, int] = {"met": 0, "unknown": 1, "not_met": 2}


@dataclass(frozen=True, slots=True)
class Line:
    """One condition answered.

    first_year: first round year in which it is met, None when time alone does not help.
    phrase: short form for a summary. quiet: shown only when not met or unknown.
    """

    key: str
    label: str
    requirement: str
    actual: str
    outcome: Outcome
    first_year: int | None = None
    clause: str = ""
    phrase: str = ""
    quiet: bool = False
    assumption: str = ""
    exception_class: str | None = None

    @property
    def outcome_label(self) -> str:
        """满足, 不满足 or 待确认."""
        return OUTCOME_LABELS[self.outcome]


@dataclass(frozen=True, slots=True)
class PathVerdict:
    """One path of a rule answered."""

    key: str
    label: str
    outcome: Outcome
    lines: tuple[Line, ...]
    first_year: int | None = None
    shortfall: str = ""

    @property
    def exception_class(self) -> str | None:
        """The 破格 class this path would use up."""
        return next((line.exception_class for line in self.lines if line.exception_class), None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """May this person apply? `title` and `summary` as the picker shows them.

    `lines` belong to the best path, the other paths are in `alternatives`. `target_year` is
    the year the certificate counts for. `allow_override`: an authorised person may add the
    applicant anyway, with a reason.
    """

    outcome: Outcome
    title: str
    summary: str
    lines: tuple[Line, ...] = ()
    first_year: int | None = None
    path: str = ""
    path_label: str = ""
    alternatives: tuple[PathVerdict, ...] = ()
    exception_class: str | None = None
    target_year: int = 0
    allow_override: bool = True

    @property
    def shown_lines(self) -> tuple[Line, ...]:
        """The lines to show first: conditions of substance, and whatever is not met."""
        return tuple(line for line in self.lines if not line.quiet or line.outcome != "met")


@dataclass(frozen=True, slots=True)
class Option:
    """One thing a person could apply for, with its verdict."""

    kind: str
    grade: int
    mode: str
    flag: str | None
    trade_code: str | None
    verdict: Verdict


@dataclass(slots=True)
class Context:
    """What a condition is judged against. `target` = round year plus the years of the flag."""

    pack: Pack
    facts: Facts
    kind: str
    grade: int
    mode: str
    trade: str | None
    year: int
    target: int
    memo: dict[str, object] = field(default_factory=dict)

    @property
    def add(self) -> int:
        """Years the flag adds."""
        return self.target - self.year
