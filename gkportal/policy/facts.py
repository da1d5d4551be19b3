"""Facts about one person, as the eligibility rules see them.

Everything may be unknown (None): a rule that needs an unknown fact answers "unknown" and says
what is missing. An empty tuple means "known to have none" (no certificate, no honour).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Education:
    """One education. `code` per GB/T 4658; `related` tells whether the subject fits the trade."""

    code: str
    graduated: str | None = None
    major: str = ""
    related: bool | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """One grade certificate. `trade` is a trade code or the (old) name printed on it.

    `grade` 5..1; `origin`: exam, recheck (复核定级) or other_province (外省证书).
    """

    trade: str | None
    grade: int
    issued_on: str | None = None
    number: str = ""
    issuer: str = ""
    origin: str = "exam"


@dataclass(frozen=True, slots=True)
class Honour:
    """An honour: `key` of the honour dictionary, the year it was given, its title."""

    key: str
    year: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """One person. Dates are text: YYYY, YYYY-MM or YYYY-MM-DD.

    sex: "1" or "2". trade_code: the merged trade of the present post. transferred_from: the
    former trade (code or name) after a 转岗. interruptions: (start, end) months.
    service_start: begin of military service or, without it, of work; placement_year: 安置年份.
    on_post None counts as 在岗 for a person whose status is 在职; only a plain no excludes.
    used_exception_classes None: the ledger of 破格 classes has not been checked yet.
    """

    work_start: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    education: tuple[Education, ...] | None = None
    certificates: tuple[Certificate, ...] | None = None
    appraisals: Mapping[int, str] | None = None
    trade_code: str | None = None
    trade_start: str | None = None
    interruptions: tuple[tuple[str, str | None], ...] = ()
    status: str | None = None
    on_post: bool | None = None
    probation_passed: bool | None = None
    is_veteran: bool | None = None
    from_other_province: bool | None = None
    service_start: str | None = None
    placement_year: int | None = None
    honours: tuple[Honour, ...] = ()
    used_exception_classes: tuple[str, ...] | None = ()
    claimed_exception: str | None = None
    transferred_from: str | None = None
    retires_on: str | None = None
    banned_until: str | None = None
    current_grade: int | None = field(default=None)

    def __post_init__(self) -> None:
        """Accept bare education codes: Facts(education=("31",))."""
        if self.education is not None:
            full = tuple(item if isinstance(item, Education) else Education(str(item)) for item in self.education)
            object.__setattr__(self, "education", full)

    @property
    def grade_held(self) -> int | None:
        """Highest grade held (5..1), 0 for none, None when unknown."""
        if self.certificates:
            held = [item.grade for item in self.certificates if 1 <= item.grade <= 5]
            if held:
                return min(held)
        if self.current_grade is not None:
            return self.current_grade
        return None if self.certificates is None else 0
