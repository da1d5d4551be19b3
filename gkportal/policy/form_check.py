"""Checking the data of the declaration form: place, value found, how to fix it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from gkportal.policy import form_rules
from gkportal.policy.dates import is_day, is_month, parts
from gkportal.policy.dictionaries import DICTIONARIES, grade_number
from gkportal.policy.facts import Facts
from gkportal.policy.form_data import Problem, Sheet, as_text, month_range
from gkportal.policy.schema import FormField, FormSection
from gkportal.policy.schema_rules import When
from gkportal.policy.whens import Subject, holds

if TYPE_CHECKING:
    from gkportal.policy.pack import Pack

_PHONE_DIGITS = range(7, 21)


def check(
    pack: Pack, kind: str, data: Mapping[str, Any], facts: Facts | None, today: date | None
) -> tuple[Problem, ...]:
    """All problems in the order of the form: fields first, then what ties them together."""
    facts = facts or Facts()
    sheet = Sheet(pack, kind, data, facts, today, _subject(pack, kind, data, facts))
    form = pack.form(kind)
    found: list[Problem] = []
    for section in form.sections:
        found += _section(section, sheet)
    found += form_rules.together(form, sheet)
    order = {section.key: place for place, section in enumerate(form.sections)}
    return tuple(sorted(_unique(found), key=lambda item: order.get(item.section, len(order))))


def _unique(problems: list[Problem]) -> list[Problem]:
    """One message per place: the first finding is the one to fix first."""
    seen: dict[tuple[str, str, int | None], Problem] = {}
    for item in problems:
        seen.setdefault((item.section, item.field, item.row_index), item)
    return list(seen.values())


def _subject(pack: Pack, kind: str, data: Mapping[str, Any], facts: Facts) -> Subject:
    grade = grade_number(data.get("grade"))
    trade = pack.resolve_trade(as_text(data.get("trade")) or facts.trade_code or "")
    fallback = min(pack.kind(kind).grades)
    return Subject(pack, facts, kind, fallback if grade is None else grade, as_text(data.get("mode")), trade, pack.year)


def _section(section: FormSection, sheet: Sheet) -> Iterator[Problem]:
    plain = section.fields if section.layout == "fields" else section.after_fields
    if section.layout == "rows":
        yield from _rows(section, sheet)
    for field in plain:
        yield from _field(section, field, None, sheet.data.get(field.key), sheet)


def _rows(section: FormSection, sheet: Sheet) -> Iterator[Problem]:
    rows = sheet.rows(section.key)
    least = section.min_rows if _applies(section.min_rows_when, sheet) else 0
    first = section.fields[0].key
    if len(rows) < least:
        text = f"至少填写 {least} 行，现有 {len(rows)} 行"
        yield Problem(section.key, first, None, f"{section.title}：{text}", "error", text)
    if len(rows) > section.max_rows:
        text = f"最多 {section.max_rows} 行，现有 {len(rows)} 行，请合并或删去多余的行"
        yield Problem(section.key, first, None, f"{section.title}：{text}", "error", text)
    for index, row in enumerate(rows):
        for field in section.fields:
            yield from _field(section, field, index, row.get(field.key), sheet)


def _applies(when: When | None, sheet: Sheet) -> bool:
    return holds(when, sheet.subject) is not False


def _field(section: FormSection, field: FormField, index: int | None, value: object, sheet: Sheet) -> Iterator[Problem]:
    place = field.label if index is None else f"{section.title}第 {index + 1} 行{field.label}"
    text = _value_text(field, value)
    if not text:
        required = field.required or (field.required_when is not None and holds(field.required_when, sheet.subject))
        if required:
            inline = _empty_text(field)
            yield Problem(section.key, field.key, index, f"{place}：{inline}", "error", inline)
        return
    inline = _wrong(field, value, text, sheet, section, index)
    if inline:
        yield Problem(section.key, field.key, index, f"{place}：{inline}", "error", inline)


def _value_text(field: FormField, value: object) -> str:
    if field.type == "month_range":
        return "".join(month_range(value))
    text = as_text(value)
    # People write 至今 where an open end is meant.
    return "" if field.type == "month" and text == "至今" else text


def _empty_text(field: FormField) -> str:
    if field.locked:
        return "名册中没有，请先补全名册"
    return "请选择" if field.type in ("choice", "yes_no", "trade", "grade") else "不能为空"


def _wrong(
    field: FormField, value: object, text: str, sheet: Sheet, section: FormSection, index: int | None
) -> str | None:
    if len(text) > field.max_length:
        return f"最多 {field.max_length} 字，现有 {len(text)} 字，请缩短"
    if field.locked:
        return None  # the roster keeps old dates as written; it is corrected there, not here
    if field.type == "month_range":
        return _wrong_range(value)
    if field.type == "trade":
        return None  # form_rules explains trades
    if field.type in ("choice", "grade", "yes_no"):
        return _wrong_choice(field, text, sheet, section, index)
    return _wrong_format(field.type, text)


def _wrong_format(kind: str, text: str) -> str | None:
    if kind == "month" and not is_month(text):
        return f"“{text}”不是年月，请写成 2015-03 这样"
    if kind == "date" and not (is_day(text) or _known_month(text)):
        return f"“{text}”不是日期，请写成 2015-03-20 这样，不知道日的写到月"
    if kind == "phone" and not _is_phone(text):
        return f"“{text}”不是电话号码，请填 11 位手机号，或带区号的座机号"
    return None


def _known_month(text: str) -> bool:
    return is_month(text) and parts(text) is not None


def _is_phone(text: str) -> bool:
    """11 digits starting with 1, or a land line of 7 to 20 digits with area code and dashes."""
    if any(not (char.isascii() and char.isdigit()) and char not in "-+ " for char in text):
        return False
    digits = "".join(char for char in text if char.isdigit())
    if "-" not in text and "+" not in text and " " not in text:
        return (len(digits) == 11 and digits[0] in "01") or len(digits) in (7, 8, 10, 12)
    return len(digits) in _PHONE_DIGITS


def _wrong_range(value: object) -> str | None:
    start, end = month_range(value)
    for text in filter(None, (start, end)):
        if not is_month(text):
            return f"“{text}”不是年月，请写成 2015-03 这样"
    if end and not start:
        return "缺开始年月，请补上，或清空结束年月"
    if start and not end:
        return "缺结束年月，请补上，或清空开始年月"
    return "结束早于开始，请对调或改正" if end < start else None


def _wrong_choice(field: FormField, text: str, sheet: Sheet, section: FormSection, index: int | None) -> str | None:
    allowed = choices(sheet.pack, sheet.kind, field.key, None if index is None else section.key)
    values = {value for value, _ in allowed} | {label for _, label in allowed}
    if field.type == "yes_no":
        values |= {"True", "False"}
    if text in values:
        return None
    return f"“{text}”不在可选范围内，请从 {'、'.join(label for _, label in allowed[:6])} 中选择"


def choices(pack: Pack, kind: str, field_key: str, section_key: str | None) -> tuple[tuple[str, str], ...]:
    """(value, label) pairs of a field; empty for a field without choices. KeyError if unknown."""
    form = pack.form(kind)
    section = form.section(section_key) if section_key else None
    field = next((item for item in section.fields if item.key == field_key), None) if section else form.field(field_key)
    if field is None:
        raise KeyError(field_key)
    if field.type == "yes_no":
        return DICTIONARIES["yes_no"].choices()
    if field.type == "trade":
        codes = {item.code for grade in pack.kind(kind).grades for item in pack.open_trades(grade)}
        return tuple((item.code, item.name) for item in pack.trades if item.code in codes)
    if not isinstance(field.choices, str):
        return tuple((item.key, item.label) for item in field.choices)
    if field.choices == "modes":
        return tuple((item.key, pack.mode_label(item.key)) for item in pack.kind(kind).modes)
    if field.choices == "grades":
        return tuple((str(number), pack.grade_label(number)) for number in pack.kind(kind).grades)
    return DICTIONARIES[field.choices].choices() if field.choices else ()
