"""Evaluators of conditions about the person: post, education, appraisals, trade, 破格."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from gkportal.policy.dates import add_years, parts, show, year_of
from gkportal.policy.dictionaries import APPRAISAL, EDUCATION, SEX, STATUS
from gkportal.policy.facts import Education, Facts
from gkportal.policy.schema_rules import (
    Active,
    AppraisalsOk,
    EducationIn,
    ExceptionClass,
    ExceptionClassDef,
    InPostUntil,
    NotBanned,
    NotFormerTrade,
    RecheckPerson,
    TradeMatchesCurrent,
    TradeOpen,
)
from gkportal.policy.verdicts import Context, Outcome


class Finding(NamedTuple):
    """What an evaluator found; `phrase` is the short form for a summary."""

    label: str
    requirement: str
    actual: str
    outcome: Outcome
    first_year: int | None
    phrase: str
    exception_class: str | None = None


def education_in(condition: EducationIn, context: Context) -> Finding:
    """Sets of codes, because in GB/T 4658 a smaller code is not simply 'more'."""
    pack, held = context.pack, context.facts.education
    names = [pack.education_set(key).label for key in condition.sets]
    names += [f"本工种（专业）{pack.education_set(key).label}" for key in condition.related_sets]
    requirement = "，或".join(names)
    if not held:
        return Finding("学历", requirement, "名册中没有", "unknown", None, "缺学历")
    shown = "、".join(EDUCATION.label(item.code) for item in held)
    plain = {code for key in condition.sets for code in pack.education_set(key).codes}
    if any(item.code in plain for item in held):
        return Finding("学历", requirement, shown, "met", None, f"学历{shown}")
    related = {code for key in condition.related_sets for code in pack.education_set(key).codes}
    candidates = [item for item in held if item.code in related]
    if any(item.related for item in candidates):
        return Finding("学历", requirement, f"{shown}（本工种专业）", "met", None, f"学历{shown}")
    if any(item.related is None for item in candidates):
        return Finding("学历", requirement, shown, "unknown", None, f"请确认{shown}的专业是否与工种相同")
    return Finding("学历", requirement, shown, "not_met", None, f"学历为{shown}，不够要求")


def appraisals_ok(condition: AppraisalsOk, context: Context) -> Finding:
    """Last n years before the round; the starting year may be missing or 不定等次."""
    label, requirement = f"近 {condition.years} 年年度考核", "均为合格及以上"
    known = context.facts.appraisals or {}
    started = year_of(context.facts.work_start)
    years = [year for year in range(context.year - condition.years, context.year) if started is None or year >= started]
    missing, bad = [], []
    for year in years:
        result = APPRAISAL.code(known.get(year))
        first_of_work = year == started
        if result is None and not first_of_work:
            missing.append(year)
        elif result is not None and result not in condition.accept and not (first_of_work and result == "ungraded"):
            bad.append(year)
    if bad:
        text = "、".join(f"{year} 年{APPRAISAL.label(APPRAISAL.code(known[year]))}" for year in bad)
        return Finding(label, requirement, text, "not_met", bad[-1] + condition.years + 1, f"{text}，年度考核不够要求")
    if missing:
        text = "、".join(str(year) for year in missing)
        return Finding(label, requirement, f"缺 {text} 年度", "unknown", None, f"缺 {text} 年度考核结果")
    if not years or (len(years) == 1 and years[0] == started):
        return Finding(label, requirement, "新进人员，按实际工作年限", "met", None, "新进人员，年度考核按实际年限")
    counted = sum(1 for year in years if year in known)
    span = f"{years[0]}–{years[-1]}" if len(years) > 1 else str(years[0])
    return Finding(label, requirement, f"{span} 年 {counted} 次合格及以上", "met", None, "年度考核均合格")


def in_post_until(condition: InPostUntil, context: Context) -> Finding:
    """Still before retirement on the cut-off day, which may lie after the round."""
    month, day = (int(part) for part in condition.day.split("-"))
    cutoff = date(context.year + condition.year_offset, month, day)
    text = f"{cutoff.year}年{cutoff.month}月{cutoff.day}日"
    label, requirement, facts = "在职在岗截止", f"{text}仍在职在岗", context.facts
    exact = parts(facts.retires_on)
    if exact is not None:
        met = (exact[0], exact[1] or 12, exact[2] or 31) >= (cutoff.year, cutoff.month, cutoff.day)
        shown = f"{show(facts.retires_on)}退休"
        return Finding(
            label, requirement, shown, "met" if met else "not_met", None, "" if met else f"{shown}，早于{text}"
        )
    span = _retirement(facts, context)
    if span is None:
        return Finding(label, requirement, "缺出生日期或性别", "unknown", None, "缺出生日期或性别，不能推算退休时间")
    earliest, latest, shown = span
    if earliest > cutoff:
        return Finding(label, requirement, f"{shown}，不早于{earliest.year}年退休", "met", None, "")
    if latest <= cutoff:
        return Finding(label, requirement, shown, "not_met", None, f"{text}前已到退休年龄")
    return Finding(label, requirement, shown, "unknown", None, f"请确认{text}仍在职在岗")


def _retirement(facts: Facts, context: Context) -> tuple[date, date, str] | None:
    born, sex = parts(facts.birth_date), SEX.code(facts.sex)
    if born is None or sex not in ("1", "2"):
        return None
    ages = context.pack.data.retirement
    low, high = (ages.male_from, ages.male_to) if sex == "1" else (ages.female_from, ages.female_to)
    year, month, day = born
    first, last = date(year, month or 1, day or 1), date(year, month or 12, day or 28)
    return add_years(first, low), add_years(last, high), f"{show(facts.birth_date)}出生"


def active(condition: Active, context: Context) -> Finding:
    """在职在岗: 在职 by the roster, and no statement that the person is off post."""
    status = STATUS.code(context.facts.status)
    if context.facts.on_post is False:
        return Finding("在职在岗", "在职在岗", "不在岗", "not_met", None, "不在岗")
    if status is None:
        return Finding("在职在岗", "在职在岗", "名册中没有", "unknown", None, "当前状态待确认")
    label = STATUS.label(status)
    if status in condition.statuses:
        return Finding("在职在岗", "在职在岗", label, "met", None, "在职在岗")
    return Finding("在职在岗", "在职在岗", label, "not_met", None, f"当前状态为{label}")


def not_banned(condition: NotBanned, context: Context) -> Finding:
    """A ban after fraud covers all grades and follows the person (S001-15)."""
    year = year_of(context.facts.banned_until)
    if year is None:
        return Finding("诚信记录", "不在禁止申报期内", "无", "met", None, "")
    if year < context.year:
        return Finding("诚信记录", "不在禁止申报期内", f"{year}年已期满", "met", None, "")
    text = f"禁止申报至{show(context.facts.banned_until)}"
    return Finding("诚信记录", "不在禁止申报期内", text, "not_met", year + 1, text)


def trade_open(condition: TradeOpen, context: Context) -> Finding:
    """Open trades are a list per edition and grade."""
    grade = context.pack.grade_label(context.grade)
    if context.trade is None:
        return Finding("工种开放", f"本年度开放{grade}", "没有工种", "unknown", None, "申报工种待确认")
    name = context.pack.trade_name(context.trade)
    if context.pack.is_open(context.trade, context.grade):
        return Finding("工种开放", f"本年度开放{grade}", name, "met", None, "")
    return Finding("工种开放", f"本年度开放{grade}", name, "not_met", None, f"“{name}”本年度不开放{grade}")


def trade_matches_current(condition: TradeMatchesCurrent, context: Context) -> Finding:
    """One applies for the trade one works in."""
    pack, own = context.pack, context.facts.trade_code
    code = pack.resolve_trade(own or "")
    if code is None or context.trade is None:
        shown = f"“{own}”不在工种目录中" if own else "名册中没有"
        return Finding("申报工种", "与现从事工种一致", shown, "unknown", None, "从事工种待确认")
    name = pack.trade_name(code)
    if code == context.trade:
        return Finding("申报工种", "与现从事工种一致", name, "met", None, "")
    text = f"现从事{name}，不是{pack.trade_name(context.trade)}"
    return Finding("申报工种", "与现从事工种一致", name, "not_met", None, text)


def not_former_trade(condition: NotFormerTrade, context: Context) -> Finding:
    """After a 转岗 only the new trade may be applied for (S002-100)."""
    former = context.facts.transferred_from
    if not former:
        return Finding("转岗后工种", "不按转岗前工种申报", "未登记转岗", "met", None, "")
    name = context.pack.trade_name(former)
    if context.trade is not None and context.pack.resolve_trade(former) == context.trade:
        return Finding(
            "转岗后工种", "不按转岗前工种申报", name, "not_met", None, f"“{name}”是转岗前工种，请按新工种申报"
        )
    return Finding("转岗后工种", "不按转岗前工种申报", f"转岗前为{name}", "met", None, "")


def exception_class(condition: ExceptionClass, context: Context) -> Finding:
    """The first 破格 class that is fulfilled and still unused; else why none is."""
    pack, facts = context.pack, context.facts
    definitions = [pack.exception_class(key) for key in condition.classes]
    if facts.claimed_exception:
        definitions = [item for item in definitions if item.key == facts.claimed_exception] or definitions
    requirement = "、".join(item.label for item in definitions if item.test != "claimed") or "符合一类破格条件"
    if len(definitions) > 1:
        requirement += "之一"
    unclear: list[tuple[ExceptionClassDef, str]] = []
    used: list[str] = []
    for item in definitions:
        outcome, text = _class_met(item, context)
        if outcome == "not_met":
            continue
        if facts.used_exception_classes is not None and item.key in facts.used_exception_classes:
            used.append(item.short)
        elif outcome == "met" and facts.used_exception_classes is not None:
            return Finding("破格条件", requirement, f"{text}，首次使用", "met", None, f"以{item.short}破格", item.key)
        else:
            unclear.append((item, text if outcome == "unknown" else "请核对历次审批表，此类条件是否用过"))
    if unclear:
        item, text = unclear[0]
        return Finding("破格条件", requirement, text, "unknown", None, text, item.key)
    if used:
        text = "、".join(used)
        return Finding(
            "破格条件", requirement, f"{text}已使用过", "not_met", None, f"破格条件（{text}）已使用过，一类只能用一次"
        )
    return Finding("破格条件", requirement, "没有可用的破格条件", "not_met", None, "没有可用的破格条件")


def _class_met(item: ExceptionClassDef, context: Context) -> tuple[Outcome, str]:
    return _CLASS_TESTS[item.test](item, context)


def _consecutive(item: ExceptionClassDef, context: Context) -> tuple[Outcome, str]:
    facts = context.facts
    results = facts.appraisals or {}
    good = {int(year) for year, result in results.items() if APPRAISAL.code(result) == "excellent"}
    good |= {honour.year for honour in facts.honours if honour.key in item.honours and honour.year is not None}
    for last in range(context.year - 1, context.year - item.within_years + item.count - 2, -1):
        if all(year in good for year in range(last - item.count + 1, last + 1)):
            return "met", f"{last - item.count + 1}–{last} 年{item.short}"
    return "not_met", ""


def _related(item: ExceptionClassDef, context: Context) -> tuple[Outcome, str]:
    codes = context.pack.education_set(item.education_set).codes
    held: list[Education] = [one for one in context.facts.education or () if one.code in codes]
    if any(one.related for one in held):
        return "met", item.short
    if any(one.related is None for one in held):
        return "unknown", f"请确认{EDUCATION.label(held[0].code)}的专业是否与申报工种相关"
    return "not_met", ""


def _honour(item: ExceptionClassDef, context: Context) -> tuple[Outcome, str]:
    held = [honour for honour in context.facts.honours if honour.key in item.honours]
    return ("met", held[0].title or item.short) if held else ("not_met", "")


def _claimed(item: ExceptionClassDef, context: Context) -> tuple[Outcome, str]:
    """Only the office can judge a condition that the pack does not list."""
    return (
        ("unknown", f"{item.short}须由工考办认定") if context.facts.claimed_exception == item.key else ("not_met", "")
    )


_CLASS_TESTS: dict[str, Callable[[ExceptionClassDef, Context], tuple[Outcome, str]]] = {
    "consecutive_excellent": _consecutive,
    "related_education": _related,
    "honour": _honour,
    "claimed": _claimed,
}


def recheck_person(condition: RecheckPerson, context: Context) -> Finding:
    """复核 is for placed veterans and for people transferred from another province."""
    facts = context.facts
    value, who = {
        "veteran": (facts.is_veteran, "退役安置人员"),
        "other_province": (facts.from_other_province, "外省调入人员"),
    }[condition.who]
    if value is None:
        return Finding("复核对象", who, "名册中没有", "unknown", None, f"是否{who}待确认")
    if value:
        return Finding("复核对象", who, "是", "met", None, who)
    return Finding("复核对象", who, "否", "not_met", None, "不是退役安置或外省调入人员")


EVALUATORS: dict[str, Callable[[Any, Context], Finding]] = {
    "education_in": education_in,
    "appraisals_ok": appraisals_ok,
    "in_post_until": in_post_until,
    "active": active,
    "not_banned": not_banned,
    "trade_open": trade_open,
    "trade_matches_current": trade_matches_current,
    "not_former_trade": not_former_trade,
    "exception_class": exception_class,
    "recheck_person": recheck_person,
}
