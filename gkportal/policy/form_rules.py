"""Rules that tie the fields of the form together (S002-118 to S002-123)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from gkportal.policy.dates import month_number, month_text, show_month
from gkportal.policy.dictionaries import YES_NO, grade_number
from gkportal.policy.form_data import Problem, Sheet, as_text, month_range
from gkportal.policy.schema import FormDefinition


class Finding(NamedTuple):
    """A problem before its section is known. Without `message` it is place and inline text."""

    place_key: str
    row: int | None
    field: str
    place: str
    inline: str
    severity: str = "error"
    message: str = ""


def together(form: FormDefinition, sheet: Sheet) -> list[Problem]:
    """Problems of all rules; a rule about a field the form does not have is silent."""
    sections = {section.key: section.key for section in form.sections}
    for section in form.sections:
        plain = section.fields if section.layout == "fields" else section.after_fields
        sections |= {field.key: section.key for field in plain}
    found: list[Problem] = []
    for needs, rule in _RULES:
        if all(key in sections for key in needs):
            found += [_placed(item, sections) for item in rule(sheet)]
    return found


def _placed(item: Finding, sections: Mapping[str, str]) -> Problem:
    message = item.message or f"{item.place}：{item.inline}"
    section = sections.get(item.place_key, item.place_key)
    return Problem(section, item.field, item.row, message, item.severity, item.inline)


Found = Iterator[Finding]


def affiliation(sheet: Sheet) -> Found:
    """隶属关系 is the fixed text of the region (S002-118)."""
    text, fixed = sheet.text("affiliation"), sheet.pack.affiliation
    if text and text != fixed:
        yield Finding("affiliation", None, "affiliation", "隶属关系", f"现为“{text}”，统一填写“{fixed}”")


def trade(sheet: Sheet) -> Found:
    """A merged, open trade; an old name is answered with the new one (S002-120)."""
    pack, text = sheet.pack, sheet.text("trade")
    if not text:
        return
    code = pack.resolve_trade(text)
    if code is None:
        yield Finding("trade", None, "trade", "申报工种", f"“{text}”不在工种目录中，请选归并后的新工种名称")
        return
    name = pack.trade_name(code)
    grade = grade_number(sheet.data.get("grade"))
    if text not in (code, name):
        yield Finding("trade", None, "trade", "申报工种", f"“{text}”是归并前的名称，请改选“{name}”")
    elif grade and not pack.is_open(code, grade):
        text = f"“{name}”本年度不开放{pack.grade_label(grade)}，请核对申报工种和申报等级"
        yield Finding("trade", None, "trade", "申报工种", text)


def mode(sheet: Sheet) -> Found:
    """The mode must be open for the grade."""
    key, grade = sheet.text("mode"), grade_number(sheet.data.get("grade"))
    allowed = sheet.pack.mode_grades(sheet.kind, key)
    if grade and allowed and grade not in allowed:
        text = f"{sheet.pack.mode_label(key)}不适用于{sheet.pack.grade_label(grade)}，请改选申报方式"
        yield Finding("mode", None, "mode", "申报方式", text)


def trade_start(sheet: Sheet) -> Found:
    """从事本工种时间 is not before 参加工作时间."""
    start, work = month_number(sheet.text("trade_start")), _work_start(sheet)
    if start is not None and work is not None and start < work:
        shown = month_text(work)
        inline = f"早于参加工作时间 {shown}，请核对"
        message = f"从事本工种时间：{month_text(start)} 早于参加工作时间 {shown}"
        yield Finding("trade_start", None, "trade_start", "从事本工种时间", inline, message=message)


def trade_break(sheet: Sheet) -> Found:
    """An interruption lies after the beginning of the trade."""
    first, _ = month_range(sheet.data.get("trade_break"))
    begin, start = month_number(first), month_number(sheet.text("trade_start"))
    if begin is not None and start is not None and begin < start:
        inline = f"{month_text(begin)} 早于从事本工种时间 {month_text(start)}，请核对"
        yield Finding("trade_break", None, "trade_break", "中断工种时段", inline)


def on_post(sheet: Sheet) -> Found:
    """Only people 在岗 may apply."""
    if YES_NO.code(sheet.data.get("on_post")) == "no":
        text = "填“否”的人员不能申报，请核对；确不在岗请从办件中删除此人"
        yield Finding("on_post", None, "on_post", "是否在岗", text)


def hired_on(sheet: Sheet) -> Found:
    """聘用时间 is not before 参加工作时间."""
    hired, work = month_number(sheet.text("hired_on")), _work_start(sheet)
    if hired is not None and work is not None and hired < work:
        inline = f"{month_text(hired)} 早于参加工作时间 {month_text(work)}，请核对"
        yield Finding("hired_on", None, "hired_on", "聘用时间", inline)


def future(sheet: Sheet) -> Found:
    """Months after today are slips of the pen."""
    if sheet.today is None:
        return
    now = sheet.today.year * 12 + sheet.today.month - 1
    for key, label in (("trade_start", "从事本工种时间"), ("hired_on", "聘用时间")):
        value = month_number(sheet.text(key))
        if value is not None and value > now:
            yield Finding(key, None, key, label, f"{month_text(value)} 晚于今天，请改正")


def transferred(sheet: Sheet) -> Found:
    """After a 转岗 the certificates of both trades stand side by side (S002-119)."""
    if YES_NO.code(sheet.data.get("transferred")) != "yes":
        return
    names = [as_text(row.get("trade")) for row in sheet.rows("certificates")]
    trades = {sheet.pack.resolve_trade(name) or name for name in names if name}
    if len(trades) < 2:
        listed = "、".join(dict.fromkeys(filter(None, names))) or "没有证书"
        text = f"曾经转岗的须填转岗前、后两个工种的证书，现在只有 {listed}，请添加另一本"
        yield Finding("certificates", None, "trade", "原持证情况", text)


def certificate_grade(sheet: Sheet) -> Found:
    """For a promotion a certificate of the next lower grade is listed."""
    grade = grade_number(sheet.data.get("grade"))
    rows = sheet.rows("certificates")
    if not grade or grade == 5 or not rows or sheet.text("mode") == "recheck":
        return
    held = {grade_number(row.get("grade")) for row in rows}
    lower = sheet.pack.grade_label(grade + 1)
    if grade + 1 not in held:
        text = f"没有{lower}证书，申报{sheet.pack.grade_label(grade)}须填{lower}证书，请添加"
        yield Finding("certificates", None, "grade", "原持证情况", text)


def career(sheet: Sheet) -> Found:
    """Month by month from the start of work; only the last row is open (S002-121)."""
    rows = sheet.rows("career")
    spans = [(month_number(row.get("start")), month_number(row.get("end"))) for row in rows]
    for index, row in enumerate(rows):
        last = index == len(rows) - 1
        place = f"工作简历第 {index + 1} 行"
        end_text = as_text(row.get("end"))
        start, end = spans[index]
        if last and end_text not in ("", "至今"):
            text = f"最后一行的“止”现为“{end_text}”，请留空，表示至今；如有之后的经历请再加一行"
            yield Finding("career", index, "end", place, text)
        elif not last and end_text in ("", "至今"):
            yield Finding("career", index, "end", place, "不是最后一行，“止”不能空着，请填写结束年月")
        elif start is not None and end is not None and end < start:
            text = f"“止” {month_text(end)} 早于“起” {month_text(start)}，请改正"
            yield Finding("career", index, "end", place, text)
    yield from _career_start(sheet, spans)
    yield from _career_gaps(spans)


def _career_start(sheet: Sheet, spans: list[tuple[int | None, int | None]]) -> Found:
    work = _work_start(sheet)
    if not spans or work is None or spans[0][0] is None or spans[0][0] == work:
        return
    first = spans[0][0]
    if first > work:
        gap = f"中间空 {first - work} 个月，请补上前面的经历"
        text = f"从 {month_text(first)} 开始，参加工作时间是 {month_text(work)}，{gap}"
        yield Finding("career", 0, "start", "工作简历第 1 行", text)
    else:
        text = f"从 {month_text(first)} 开始，早于参加工作时间 {month_text(work)}，请核对"
        yield Finding("career", 0, "start", "工作简历第 1 行", text, "warning")


def _career_gaps(spans: list[tuple[int | None, int | None]]) -> Found:
    for index, ((_, end), (start, _)) in enumerate(pairwise(spans)):
        if end is None or start is None:
            continue
        gap = start - end - 1
        if gap > 0:
            hole = month_text(end + 1) if gap == 1 else f"{month_text(end + 1)} 至 {month_text(start - 1)} 之间"
            inline = f"下一行从 {month_text(start)} 开始，中间空 {gap} 个月。改“止”，或添加一行说明这段时间"
            place = f"工作简历第 {index + 1} 行"
            yield Finding("career", index, "end", place, inline, message=f"{place}：{hole}没有填写")
        elif gap < -1:
            text = f"与下一行重叠：本行到 {month_text(end)}，下一行从 {month_text(start)} 开始，请核对"
            yield Finding("career", index, "end", f"工作简历第 {index + 1} 行", text, "warning")


def achievements(sheet: Sheet) -> Found:
    """Awards or, without any, an appraisal by the unit: never empty (S002-123)."""
    rows = [row for row in sheet.rows("achievements") if as_text(row.get("date")) or as_text(row.get("award"))]
    if not rows and not sheet.text("appraisal_text"):
        text = "不能为空：请添加获奖记录，或写一段工作鉴定"
        yield Finding("appraisal_text", None, "appraisal_text", "工作业绩", text)


def _work_start(sheet: Sheet) -> int | None:
    """From the roster; the form shows it read-only."""
    return month_number(sheet.facts.work_start or sheet.text("work_start"))


def roster_dates(sheet: Sheet) -> Found:
    """Old roster data may hold a start of work before birth (S000-69): warn, do not block."""
    born, work = month_number(sheet.facts.birth_date), _work_start(sheet)
    if born is not None and work is not None and work < born + 14 * 12:
        shown = f"{month_text(work)}，出生年月 {show_month(sheet.facts.birth_date)}，参加工作时不满 14 周岁，请核对名册"
        yield Finding("work_start", None, "work_start", "参加工作时间", shown, "warning")


Rule = Callable[[Sheet], Found]
_RULES: tuple[tuple[tuple[str, ...], Rule], ...] = (
    (("work_start",), roster_dates),
    (("affiliation",), affiliation),
    (("trade",), trade),
    (("mode",), mode),
    (("trade_start",), trade_start),
    (("trade_break",), trade_break),
    (("on_post",), on_post),
    (("hired_on",), hired_on),
    ((), future),
    (("certificates",), transferred),
    (("certificates",), certificate_grade),
    (("career",), career),
    (("achievements", "appraisal_text"), achievements),
)
