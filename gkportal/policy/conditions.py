"""Evaluators of seniority and grade conditions, and the table of all evaluators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gkportal.policy import conditions_person as person
from gkportal.policy.dates import month_number, parts, show_month, year_of
from gkportal.policy.facts import Certificate
from gkportal.policy.schema_rules import (
    CertYearBy,
    ConditionBase,
    FirstAfterRecheck,
    GradeYears,
    HoldsGrade,
    NotYetHeld,
    ProbationDone,
    ServiceYears,
    WorkStartBy,
    WorkYears,
)
from gkportal.policy.verdicts import Context, Line

Finding = person.Finding
_START_LABELS = {"work": "参加工作", "trade": "从事本工种"}


def work_years(condition: WorkYears, context: Context) -> Finding:
    """Calendar years of work or of the trade; see domain.md 2.2 on how years are counted."""
    offset = condition.years - (1 if condition.inclusive else 0)
    facts = context.facts
    start = facts.work_start if condition.basis == "work" else facts.trade_start
    if condition.subtract_interruptions:
        offset += _interrupted_years(facts.interruptions)
    return _started(start, offset, condition.relax, context, _START_LABELS[condition.basis])


def work_start_by(condition: WorkStartBy, context: Context) -> Finding:
    """Work began early enough, given as an offset from the target year."""
    return _started(context.facts.work_start, condition.offset, 0, context, "参加工作")


def _started(start: str | None, offset: int, relax: int, context: Context, label: str) -> Finding:
    limit = context.target - offset + relax
    requirement = f"{limit}年（含）以前" + (f"（已放宽{relax}年）" if relax else "")
    year = year_of(start)
    if year is None:
        actual = f"名册中写为“{start}”，不是日期" if start else "名册中没有"
        return Finding(label, requirement, actual, "unknown", None, f"缺{label}时间")
    first = year + offset - relax - context.add
    missing = year - limit
    if missing > 0:
        return Finding(label, requirement, show_month(start), "not_met", first, f"{_years_name(label)}差 {missing} 年")
    short = year - (limit - relax)
    context.memo["shortfall"] = f"{_years_name(label)}差 {short} 年" if short > 0 else context.memo.get("shortfall", "")
    return Finding(label, requirement, show_month(start), "met", first, f"{year}年{label}")


def _years_name(label: str) -> str:
    return "工作年限" if label == "参加工作" else "从事本工种年限"


def _interrupted_years(interruptions: tuple[tuple[str, str | None], ...]) -> int:
    """Whole years lost by interruptions; a stretch without both months is not counted."""
    months = 0
    for start, end in interruptions:
        first, last = month_number(start), month_number(end)
        if first is not None and last is not None and last >= first:
            months += last - first + 1
    return months // 12


def grade_years(condition: GradeYears, context: Context) -> Finding:
    """满 n years: certificate year <= Y-n; 达 n years: the certificate year itself counts."""
    offset = condition.years - (1 if condition.count == "da" else 0)
    word = "未达" if condition.count == "da" else "未满"
    return _obtained(condition, offset, f"{word} {condition.years} 年", context)


def cert_year_by(condition: CertYearBy, context: Context) -> Finding:
    """The certificate is old enough, given as an offset from the target year."""
    return _obtained(condition, condition.offset, "时间不够", context)


def _obtained(condition: GradeYears | CertYearBy, offset: int, short_of: str, context: Context) -> Finding:
    lower = context.pack.grade_label(context.grade + 1)
    label = f"取得{lower}"
    limit = context.target - offset + condition.relax
    requirement = f"{limit}年（含）以前" + (f"（已放宽{condition.relax}年）" if condition.relax else "")
    certificates = context.facts.certificates
    if certificates is None:
        return Finding(label, requirement, "名册中没有证书信息", "unknown", None, f"缺{lower}证书信息")
    held = [item for item in certificates if item.grade == context.grade + 1]
    if not held:
        return Finding(label, requirement, f"没有{lower}证书", "not_met", None, f"未取得{lower}")
    fitting = [item for item in held if _fits(item, condition.trade, context)]
    if not fitting:
        return _wrong_trade(held[0], condition.trade, label, requirement, context)
    return _oldest(fitting, offset, condition.relax, short_of, (label, lower, requirement, limit), context)


def _oldest(
    fitting: list[Certificate],
    offset: int,
    relax: int,
    short_of: str,
    words: tuple[str, str, str, int],
    context: Context,
) -> Finding:
    """After a 转岗 the years run from the former trade's certificate: the oldest one counts."""
    label, lower, requirement, limit = words
    dated = [item for item in fitting if year_of(item.issued_on) is not None]
    if not dated:
        return Finding(label, requirement, f"{lower}证书没有发证日期", "unknown", None, f"缺{lower}证书发证日期")
    oldest = min(dated, key=lambda item: _sortable(item.issued_on))
    year = year_of(oldest.issued_on) or 0
    first = year + offset - relax - context.add
    actual = show_month(oldest.issued_on)
    if year > limit:
        if len(dated) < len(fitting):
            return Finding(
                label, requirement, f"{actual}，另有证书没有发证日期", "unknown", None, f"缺{lower}证书发证日期"
            )
        return Finding(label, requirement, actual, "not_met", first, f"取得{lower}{short_of}")
    if year > limit - relax:
        earlier = context.memo.get("shortfall") or ""
        context.memo["shortfall"] = "、".join(filter(None, (earlier, f"取得{lower}差 {year - limit + relax} 年")))
    unclear = _unclear_trade(oldest, context)
    if unclear:
        phrase = f"证书工种“{unclear}”未在归并目录中，请核对是否归并为申报工种"
        return Finding(label, requirement, f"{actual}（{unclear}）", "unknown", first, phrase)
    return Finding(label, requirement, actual, "met", first, f"{year}年取得{lower}")


def _sortable(value: str | None) -> tuple[int, int, int]:
    year, month, day = parts(value) or (9999, None, None)
    return year, month or 13, day or 32


def _fits(item: Certificate, trade: str, context: Context) -> bool:
    """Does the certificate's trade count? A name that is not in the catalogue might."""
    if trade == "any" or not item.trade:
        return True
    code = context.pack.resolve_trade(item.trade)
    if trade == "other":
        return code != context.trade
    former = context.pack.resolve_trade(context.facts.transferred_from or "")
    return code is None or code == context.trade or (former is not None and code == former)


def _unclear_trade(item: Certificate, context: Context) -> str:
    if item.trade and context.pack.resolve_trade(item.trade) is None and item.trade != context.facts.transferred_from:
        return item.trade
    return ""


def _wrong_trade(item: Certificate, trade: str, label: str, requirement: str, context: Context) -> Finding:
    name = context.pack.trade_name(item.trade)
    if trade == "other":
        text = "证书工种与申报工种相同，不属于转岗"
        return Finding(label, requirement, f"{name}", "not_met", None, text)
    modes = [mode.key for mode in context.pack.kind(context.kind).modes]
    advice = "，请走转岗申报" if "transfer" in modes else ""
    return Finding(
        label, requirement, f"证书工种为{name}", "not_met", None, f"证书工种是“{name}”，与申报工种不同{advice}"
    )


def holds_grade(condition: HoldsGrade, context: Context) -> Finding:
    """Holds a certificate of a grade, perhaps of a certain origin."""
    wanted = context.pack.grade_label(context.grade + condition.offset)
    origin = {"any": "", "recheck": "经复核取得的", "other_province": "外省颁发的"}[condition.origin]
    label = f"持有{origin}{wanted}证书"
    certificates = context.facts.certificates
    if certificates is None:
        return Finding(label, "持有", "名册中没有证书信息", "unknown", None, "缺证书信息")
    for item in certificates:
        if item.grade == context.grade + condition.offset and condition.origin in ("any", item.origin):
            return Finding(
                label, "持有", show_month(item.issued_on) or "持有", "met", None, f"持有{origin}{wanted}证书"
            )
    return Finding(label, "持有", "没有", "not_met", None, f"没有{origin}{wanted}证书")


def not_yet_held(condition: NotYetHeld, context: Context) -> Finding:
    """Does not already hold the applied grade or a higher one."""
    applied = context.pack.grade_label(context.grade)
    held = context.facts.grade_held
    if held is None:
        return Finding("当前等级", f"未取得{applied}", "名册中没有", "unknown", None, "当前等级待确认")
    name = context.pack.grade_label(held)
    if held and held <= context.grade:
        return Finding("当前等级", f"未取得{applied}", name, "not_met", None, f"已是{name}，不再申报{applied}")
    return Finding("当前等级", f"未取得{applied}", name, "met", None, f"现为{name}")


def first_after_recheck(condition: FirstAfterRecheck, context: Context) -> Finding:
    """The highest certificate came from a 复核, so years in grade do not bind (S002-50)."""
    label, requirement = "复核定级后首次晋升", "是"
    certificates = context.facts.certificates
    if certificates is None:
        return Finding(label, requirement, "名册中没有证书信息", "unknown", None, "缺证书信息")
    lower = context.grade + 1
    if any(item.grade == lower and item.origin == "recheck" for item in certificates):
        return Finding(label, requirement, "是", "met", None, "复核定级后首次晋升，不受等级年限限制")
    return Finding(label, requirement, "否", "not_met", None, "不是复核定级后的首次晋升")


def probation_done(condition: ProbationDone, context: Context) -> Finding:
    """Known from the roster; else over when `months` have passed by the submit deadline."""
    label, requirement = "试用期", "已满"
    facts = context.facts
    if facts.probation_passed is not None:
        outcome = "met" if facts.probation_passed else "not_met"
        text = "已满" if facts.probation_passed else "未满"
        return Finding(label, requirement, text, outcome, None, f"试用期{text}")
    start = month_number(facts.work_start)
    if start is None:
        return _probation_by_year(facts.work_start, label, requirement, context)
    end = start + condition.months
    deadline = context.pack.window(context.kind, context.year).submit_deadline
    last = (context.target * 12 + deadline.month - 1) if context.add else deadline.year * 12 + deadline.month - 1
    when = f"{end // 12}年{end % 12 + 1:02d}月"
    if end <= last:
        return Finding(label, requirement, f"{when}已满 {condition.months} 个月", "met", None, "试用期已满")
    return Finding(label, requirement, f"按 {condition.months} 个月算到{when}", "unknown", None, "请确认试用期是否已满")


def _probation_by_year(start: str | None, label: str, requirement: str, context: Context) -> Finding:
    year = year_of(start)
    if year is not None and year <= context.target - 2:
        return Finding(label, requirement, "已满", "met", None, "试用期已满")
    return Finding(label, requirement, "名册中没有", "unknown", None, "请确认试用期是否已满")


def service_years(condition: ServiceYears, context: Context) -> Finding:
    """工龄(军龄) with the starting year; a late 复核 counts up to the placement year."""
    facts = context.facts
    need = condition.years - condition.relax
    requirement = f"满 {need} 年" + (f"（已放宽{condition.relax}年）" if condition.relax else "")
    start = facts.service_start or facts.work_start
    year = year_of(start)
    if year is None:
        return Finding("工龄（军龄）", requirement, "名册中没有", "unknown", None, "缺入伍或参加工作时间")
    placed = facts.placement_year
    late = placed is not None and context.year - placed > condition.late_after
    until = placed if late and placed is not None else context.target
    years = until - year + 1
    actual = f"{show_month(start)}起，算到{until}年共 {max(years, 0)} 年" + ("（安置当年）" if late else "")
    if years < need:
        first = None if late else year + need - 1 - context.add
        return Finding("工龄（军龄）", requirement, actual, "not_met", first, f"工龄（军龄）差 {need - years} 年")
    if placed is None:
        return Finding("工龄（军龄）", requirement, f"{actual}；没有安置年份", "unknown", None, "缺安置年份")
    if years < condition.years:
        context.memo["shortfall"] = f"工龄（军龄）差 {condition.years - years} 年"
    first = None if late else year + need - 1 - context.add
    return Finding("工龄（军龄）", requirement, actual, "met", first, f"工龄（军龄）{years} 年")


EVALUATORS: dict[str, Callable[[Any, Context], Finding]] = {
    "work_years": work_years,
    "work_start_by": work_start_by,
    "grade_years": grade_years,
    "cert_year_by": cert_year_by,
    "holds_grade": holds_grade,
    "not_yet_held": not_yet_held,
    "first_after_recheck": first_after_recheck,
    "probation_done": probation_done,
    "service_years": service_years,
    **person.EVALUATORS,
}


def answer(condition: ConditionBase, context: Context) -> Line:
    """Judge one condition. Never raises for unknown facts."""
    found = EVALUATORS[condition.kind](condition, context)  # type: ignore[attr-defined]
    return Line(
        key=condition.key,
        label=condition.label or found.label,
        requirement=found.requirement,
        actual=found.actual,
        outcome=found.outcome,
        first_year=found.first_year,
        clause=condition.clause,
        phrase=found.phrase,
        quiet=condition.quiet,
        assumption=condition.assumption,
        exception_class=found.exception_class,
    )
