"""`when` tables of materials and forms: yes, no, or not known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gkportal.policy.dates import year_of
from gkportal.policy.facts import Education, Facts
from gkportal.policy.schema_rules import When

if TYPE_CHECKING:
    from gkportal.policy.pack import Pack


@dataclass(slots=True)
class Subject:
    """Whom a `when` is asked about. `year` is the round year."""

    pack: Pack
    facts: Facts
    kind: str
    grade: int
    mode: str
    trade: str | None
    year: int
    flag: str | None = None
    memo: dict[str, bool | None] = field(default_factory=dict)

    def uses_exception(self) -> bool | None:
        """Does this application rest on a 破格 condition? In 复核 the rule itself tells."""
        if self.mode != "recheck":
            return self.mode == "exception"
        if self.facts.claimed_exception:
            return True
        if "exception" not in self.memo:
            self.memo["exception"] = self._recheck_exception()
        return self.memo["exception"]

    def _recheck_exception(self) -> bool | None:
        verdict = self.pack.evaluate(
            self.facts,
            kind=self.kind,
            grade=self.grade,
            mode=self.mode,
            flag=self.flag,
            trade_code=self.trade,
            year=self.year,
        )
        if verdict.exception_class:
            return True if verdict.outcome == "met" else None
        return False


def holds(when: When | None, subject: Subject) -> bool | None:
    """True, False, or None when a needed fact is unknown. No `when` holds always."""
    if when is None:
        return True
    answers = [*_given(when, subject), *_personal(when, subject)]
    if False in answers:
        return False
    return None if None in answers else True


def _given(when: When, subject: Subject) -> list[bool | None]:
    """Parts that depend on the application only."""
    answers: list[bool | None] = [
        not when.kinds or subject.kind in when.kinds,
        not when.grades or subject.grade in when.grades,
        not when.modes or subject.mode in when.modes,
    ]
    if when.trades:
        codes = {subject.pack.resolve_trade(name) for name in when.trades}
        answers.append(None if subject.trade is None else subject.trade in codes)
    if when.trade_permit is not None:
        trade = subject.pack.trade(subject.trade) if subject.trade else None
        answers.append(None if trade is None else trade.permit == when.trade_permit)
    return answers


def _personal(when: When, subject: Subject) -> list[bool | None]:
    """Parts that depend on the person."""
    answers: list[bool | None] = []
    if when.veteran is not None:
        veteran = subject.facts.is_veteran
        answers.append(None if veteran is None else veteran == when.veteran)
    if when.transferred is not None:
        answers.append(is_transferred(subject) == when.transferred)
    if when.uses_exception is not None:
        used = subject.uses_exception()
        answers.append(None if used is None else used == when.uses_exception)
    if when.education_set:
        answers.append(_education(when, subject))
    return answers


def is_transferred(subject: Subject) -> bool:
    """After a 转岗: so recorded, or a certificate is of another trade than the applied one."""
    if subject.facts.transferred_from:
        return True
    codes = {subject.pack.resolve_trade(item.trade or "") for item in subject.facts.certificates or ()}
    return bool(subject.trade and {code for code in codes if code is not None} - {subject.trade})


def _education(when: When, subject: Subject) -> bool | None:
    held = subject.facts.education
    if not held:
        return None
    codes = subject.pack.education_set(when.education_set).codes
    fitting = [item for item in held if item.code in codes]
    if not fitting:
        return False
    if when.graduated_from is None and when.graduated_until is None:
        return True
    answers = [_graduated(item, when) for item in fitting]
    return True if True in answers else None if None in answers else False


def _graduated(item: Education, when: When) -> bool | None:
    year = year_of(item.graduated)
    if year is None:
        return None
    low = when.graduated_from is None or year >= when.graduated_from
    return low and (when.graduated_until is None or year <= when.graduated_until)
