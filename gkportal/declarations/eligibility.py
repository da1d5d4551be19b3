"""What somebody could apply for in this item, and the verdict in the shape that is stored with an application."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gkportal.policy import Facts, Pack, Verdict


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for: 申报等级, 申报方式, 申报标记, 申报工种."""

    grade: int
    mode: str
    flag: str = ""
    trade_code: str = ""


def default_choice(pack: Pack, facts: Facts, kind: str, year: int) -> Choice:
    """The best thing the person could apply for in this kind; else the kind's grade nearest to the person's next."""
    options = [item for item in pack.options(facts, year=year) if item.kind == kind]
    if options:
        best = options[0]
        return Choice(best.grade, best.mode, best.flag or "", best.trade_code or "")
    grades = pack.kind(kind).grades
    wanted = next_grade(facts)
    grade = wanted if wanted in grades else min(grades, key=lambda item: abs(item - wanted))
    mode = pack.modes_for(kind, grade)[0].key
    return Choice(grade, mode, "", pack.resolve_trade(facts.trade_code or "") or "")


def next_grade(facts: Facts) -> int:
    """The grade after the highest one held: 5 for nobody's, 0 above 高级技师."""
    held = facts.grade_held or 0
    return 5 if held == 0 else held - 1


def read_choice(posted: Mapping[str, Any], key: str, pack: Pack, kind: str, year: int, default: Choice) -> Choice:
    """The choice posted for one person (`grade.<key>`, `mode.<key>` …), anything unknown replaced by what fits."""
    grade = _number(posted.get(f"grade.{key}"), default.grade)
    if grade not in pack.kind(kind).grades:
        grade = default.grade
    modes = [item.key for item in pack.modes_for(kind, grade)]
    mode = str(posted.get(f"mode.{key}") or default.mode)
    if mode not in modes:
        mode = default.mode if default.mode in modes else modes[0]
    flags = [item.key for item in pack.flags_for(kind, grade, mode, year)]
    flag = posted.get(f"flag.{key}")
    as_proposed = (grade, mode) == (default.grade, default.mode)
    flag = (default.flag if as_proposed else "") if flag is None else str(flag)
    trade = pack.resolve_trade(str(posted.get(f"trade.{key}") or "")) or default.trade_code
    return Choice(grade, mode, flag if flag in flags else "", trade)


def _number(value: Any, default: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return default


def judge(pack: Pack, facts: Facts, kind: str, choice: Choice, year: int) -> Verdict:
    """May this person apply for this?"""
    return pack.evaluate(
        facts,
        kind=kind,
        grade=choice.grade,
        mode=choice.mode,
        flag=choice.flag or None,
        trade_code=choice.trade_code or None,
        year=year,
    )


def stored(verdict: Verdict) -> dict[str, Any]:
    """The verdict as kept with the application and shown to reviewers."""
    return {
        "outcome": verdict.outcome,
        "title": verdict.title,
        "summary": verdict.summary,
        "first_year": verdict.first_year,
        "target_year": verdict.target_year,
        "path": verdict.path_label,
        "exception_class": verdict.exception_class,
        "lines": [
            {
                "label": line.label,
                "requirement": line.requirement,
                "actual": line.actual,
                "outcome": line.outcome,
                "first_year": line.first_year,
                "clause": line.clause,
            }
            for line in verdict.lines
        ],
    }


def elsewhere(pack: Pack, facts: Facts, kind: str) -> str | None:
    """The kind somebody belongs to when this one does not have the next grade; None when it has, or there is none."""
    options = pack.kind(kind).grades
    wanted = next_grade(facts)
    if wanted in options or wanted < 1 or facts.is_veteran or facts.from_other_province:
        return None
    found = pack.kind_for_grade(wanted)
    return found.key if found else None
