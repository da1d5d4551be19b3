"""Eligibility: an OR of paths, each an AND of conditions; the answer line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gkportal.policy.conditions import answer
from gkportal.policy.facts import Facts
from gkportal.policy.schema import Flag
from gkportal.policy.schema_rules import EligibilityRule, Path
from gkportal.policy.verdicts import RANK, TITLES, Context, Line, Option, PathVerdict, Verdict

if TYPE_CHECKING:
    from gkportal.policy.pack import Pack

_FAR = 9999


def evaluate(
    pack: Pack, facts: Facts, *, kind: str, grade: int, mode: str, flag: str | None, trade_code: str | None, year: int
) -> Verdict:
    """May this person apply? Never raises for unknown facts or odd combinations."""
    trade = pack.resolve_trade(trade_code or "") if trade_code else pack.resolve_trade(facts.trade_code or "")
    obstacle, flag_def = _combination(pack, kind, grade, mode, flag, year)
    if obstacle:
        return _refused(pack, obstacle, year)
    add = flag_def.add_years if flag_def else 0
    rule = pack.rule(kind, grade, mode)
    if rule is None:
        text = f"{pack.mode_label(mode)}不适用于{pack.grade_label(grade)}"
        return _refused(pack, (TITLES["not_met"], text), year)
    context = Context(pack, facts, kind, grade, mode, trade, year, year + add)
    gates = tuple(answer(gate.condition, context) for gate in pack.gates(kind, grade, mode))
    paths = sorted((_walk(path, gates, context, flag_def) for path in rule.paths), key=_order)
    return _verdict(pack, rule, paths, context, flag_def)


def _combination(
    pack: Pack, kind: str, grade: int, mode: str, flag: str | None, year: int
) -> tuple[tuple[str, str] | None, Flag | None]:
    """(title, sentence) when this kind × grade × mode × flag does not exist, and the flag."""
    found = pack.find_kind(kind)
    if found is None:
        return (TITLES["not_met"], f"没有“{kind}”这一申报事项"), None
    if grade not in found.grades:
        return _elsewhere(pack, found.label, grade), None
    if mode not in {item.key for item in found.modes}:
        return (TITLES["not_met"], f"{found.label}没有“{pack.mode_label(mode)}”"), None
    if not flag:
        return None, None
    definition = next((item for item in found.flags if item.key == flag), None)
    if definition is None:
        return (TITLES["not_met"], f"{found.label}没有“{flag}”这一申报标记"), None
    if grade not in definition.grades or mode not in definition.modes:
        text = f"{definition.label}不适用于{pack.grade_label(grade)}{pack.mode_label(mode)}"
        return (TITLES["not_met"], text), None
    if not pack.flag_open(definition, year):
        return (TITLES["not_met"], f"{year} 年度不是培训周期年，不设{definition.label}"), None
    return None, definition


def _elsewhere(pack: Pack, label: str, grade: int) -> tuple[str, str]:
    other = pack.kind_for_grade(grade)
    way = f"，请走{other.label}" if other else ""
    return "不在本事项", f"{label}不含{pack.grade_label(grade)}{way}"


def _refused(pack: Pack, obstacle: tuple[str, str], year: int) -> Verdict:
    title, text = obstacle
    return Verdict("not_met", title, text, target_year=year, allow_override=False)


def _walk(path: Path, gates: tuple[Line, ...], context: Context, flag: Flag | None) -> PathVerdict:
    context.memo = {}
    own = tuple(answer(condition, context) for condition in path.conditions)
    lines = own + gates
    outcomes = {line.outcome for line in lines}
    outcome = "not_met" if "not_met" in outcomes else "unknown" if "unknown" in outcomes else "met"
    first = _first_year(lines, context.year) if outcome == "not_met" else None
    while first and flag and not context.pack.flag_open(flag, first):
        first += 1
    return PathVerdict(path.key, path.label, outcome, lines, first, str(context.memo.get("shortfall") or ""))


def _first_year(lines: tuple[Line, ...], year: int) -> int | None:
    """The first year when waiting alone is enough; None when it is not."""
    failing = [line for line in lines if line.outcome == "not_met"]
    if any(line.first_year is None for line in failing):
        return None
    known = [line.first_year for line in lines if line.first_year is not None]
    first = max(known, default=0)
    return first if first > year else None


def _order(path: PathVerdict) -> tuple[int, int, int]:
    failing = sum(1 for line in path.lines if line.outcome == "not_met")
    return RANK[path.outcome], failing, path.first_year or _FAR


def _verdict(
    pack: Pack, rule: EligibilityRule, paths: list[PathVerdict], context: Context, flag: Flag | None
) -> Verdict:
    best = paths[0]
    return Verdict(
        outcome=best.outcome,
        title=_title(pack, best, context.mode, flag),
        summary=_summary(best, context, flag),
        lines=best.lines,
        first_year=best.first_year,
        path=best.key,
        path_label=best.label,
        alternatives=tuple(paths[1:]),
        exception_class=best.exception_class if best.outcome != "not_met" else None,
        target_year=context.target,
        allow_override=pack.allow_override,
    )


def _title(pack: Pack, best: PathVerdict, mode: str, flag: Flag | None) -> str:
    title = TITLES[best.outcome]
    if best.outcome != "met":
        return title
    marks = [] if mode == "normal" else [pack.mode(mode).short]
    marks += [flag.label] if flag else []
    return f"{title}（{'、'.join(marks)}）" if marks else title


def _summary(best: PathVerdict, context: Context, flag: Flag | None) -> str:
    """One sentence for the picker row."""
    if best.outcome == "not_met":
        phrases = _phrases(best, "not_met")
        until = f"，最早 {best.first_year} 年可申报" if best.first_year else ""
        return f"{phrases}{until}"
    if best.outcome == "unknown":
        return _phrases(best, "unknown")
    if best.exception_class:
        return _exception_summary(best)
    return _met_summary(best, context, flag)


def _phrases(best: PathVerdict, outcome: str) -> str:
    found = [line.phrase or f"{line.label}：{line.actual}" for line in best.lines if line.outcome == outcome]
    return "；".join(dict.fromkeys(found))


def _exception_summary(best: PathVerdict) -> str:
    line = next(line for line in best.lines if line.exception_class)
    if best.shortfall:
        return f"{best.shortfall}，{line.phrase}；此类条件尚未用过"
    return "年限已达到，可走正常申报，不必使用破格条件"


def _met_summary(best: PathVerdict, context: Context, flag: Flag | None) -> str:
    by_key = {line.key: line for line in best.lines}
    if flag:
        grade = by_key.get("grade") or by_key.get("work")
        detail = f"（{grade.phrase}）" if grade else ""
        return f"按 {context.target} 年条件达到{detail}，次年取证"
    if "probation" in by_key:
        start = by_key.get("work")
        return "，".join(filter(None, (start.phrase if start else "", by_key["probation"].phrase)))
    shown = [line.phrase for line in best.lines if not line.quiet and line.phrase and line.first_year is not None]
    if not shown:
        return "、".join(line.phrase for line in best.lines if not line.quiet and line.phrase) + "，条件达到"
    return f"{'、'.join(shown)}，{'均' if len(shown) > 1 else ''}达到年限"


def options(pack: Pack, facts: Facts, *, year: int) -> tuple[Option, ...]:
    """What the person could apply for: next grade, every mode of its kind, best first.

    Empty for somebody who holds the highest grade. 提前一年 is looked at only where this
    year's conditions are not met. Known recheck persons get 复核 for every grade it offers.
    """
    held = facts.grade_held or 0
    grade = 5 if held == 0 else held - 1
    kind = pack.kind_for_grade(grade) if grade >= 1 else None
    found: list[tuple[tuple[int, int, int], Option]] = []
    place = 0
    for mode in kind.modes if kind else ():
        for each in _mode_grades(pack, facts, kind.key, mode.key, grade, held):
            for option in _mode_options(pack, facts, kind.key, each, mode.key, year):
                found.append((_option_order(option, facts, place), option))
                place += 1
    if kind is None or (kind.key != "level" and _is_recheck(facts)):
        found += _recheck_only(pack, facts, held, year, place)
    return tuple(option for _, option in sorted(found, key=lambda pair: pair[0]))


def _is_recheck(facts: Facts) -> bool:
    return bool(facts.is_veteran or facts.from_other_province)


def _mode_grades(pack: Pack, facts: Facts, kind: str, mode: str, grade: int, held: int) -> tuple[int, ...]:
    if mode == "recheck" and _is_recheck(facts):
        return tuple(item for item in pack.mode_grades(kind, mode) if not held or item <= held)[::-1]
    return (grade,)


def _mode_options(pack: Pack, facts: Facts, kind: str, grade: int, mode: str, year: int) -> list[Option]:
    trade = pack.resolve_trade(facts.trade_code or "")
    common = {"kind": kind, "grade": grade, "mode": mode, "trade_code": trade}
    plain = evaluate(pack, facts, **common, flag=None, year=year)
    result = [Option(**common, flag=None, verdict=plain)]
    if plain.outcome == "met":
        return result
    for flag in pack.kind(kind).flags:
        if grade in flag.grades and mode in flag.modes and pack.flag_open(flag, year):
            early = evaluate(pack, facts, **common, flag=flag.key, year=year)
            result.append(Option(**common, flag=flag.key, verdict=early))
    return result


def _option_order(option: Option, facts: Facts, place: int) -> tuple[int, int, int]:
    """Best outcome first, then the higher grade; 复核 of somebody not known to be entitled comes last."""
    last = option.mode == "recheck" and not _is_recheck(facts)
    highest = option.grade if option.verdict.outcome == "met" else 0
    return RANK[option.verdict.outcome] + (3 if last else 0), highest, place


def _recheck_only(
    pack: Pack, facts: Facts, held: int, year: int, place: int
) -> list[tuple[tuple[int, int, int], Option]]:
    """复核 belongs to the level kind, also for somebody whose next grade is another kind's."""
    kind = next((item for item in pack.kinds if any(mode.key == "recheck" for mode in item.modes)), None)
    found = []
    for grade in _mode_grades(pack, facts, kind.key, "recheck", 0, held) if kind and _is_recheck(facts) else ():
        for option in _mode_options(pack, facts, kind.key, grade, "recheck", year):
            place += 1
            found.append((_option_order(option, facts, place), option))
    return found
