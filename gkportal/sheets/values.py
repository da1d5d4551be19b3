"""Values as people write them → canonical text. Pure; shared by imports from sheets and by web forms.

Every function raises BadValue with three sentences: the rule, what is wrong, how to fix it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from gkportal.core.identity import IdNumber, read_id_number

#: Dates outside are slips of the pen.
EARLIEST_YEAR, LATEST_YEAR = 1900, 2099

MONTH_RULE = "年月，如 1990-01"
DATE_RULE = "年月日，如 1990-01-01"
ID_RULE = "18 位公民身份号码，文本格式"

_MONTH_FIX = "请写成 1990-01、1990.01、199001 或 1990年1月。"
_DATE_FIX = "请写成 1990-01-01、1990.01.01、19900101 或 1990年1月1日。"
_ID_FIX = "请对照身份证核对后重新填写。"

_MARKS = str.maketrans({"–": "-", "—": "-", "−": "-", "‐": "-", "。": ".", "•": ".", "·": "."})
_CLOCK = re.compile(r"[T ]+00:00(:00(\.0+)?)?$")
_PARTED = re.compile(r"([0-9]{4})(?:年|[-/.])([0-9]{1,2})(?:(?:月|[-/.])(?:([0-9]{1,2})日?)?)?")
_SOLID = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})?")
_YEAR = re.compile(r"[0-9]{4}年?")
_SERIAL = re.compile(r"[1-9][0-9]{4}(\.[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}(?:\.0+)?")


class BadValue(ValueError):
    """A value that cannot be taken: `rule`, `message` and `fix` are Chinese sentences, `code` is stable."""

    def __init__(self, code: str, rule: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code, self.rule, self.message, self.fix = code, rule, message, fix


def parse_month(value: str) -> str:
    """A month in any of the styles of W5 → `1990-01`; a given day is checked and left out."""
    return _month(value)


def parse_date(value: str) -> str:
    """A day in any of the styles of W5 → `1990-01-01`."""
    return _date(value)


def parse_id_number(value: str, today: date) -> IdNumber:
    """公民身份号码 with check digit, date and length (region codes that no longer exist are legal)."""
    clean = re.sub(r"\s", "", _fold(value)).upper()
    try:
        return read_id_number(clean, today)
    except ValueError as error:
        raise BadValue("id_number", ID_RULE, str(error), _ID_FIX) from None


def parse_choice(value: str, choices: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """One of `choices`, or what an alias means (S000-57: 本科学历 → 大学本科).

    Spaces and full-width forms do not matter.
    """
    return choice_table(tuple(choices), tuple((aliases or {}).items())).pick(value)


def parse_integer(value: str, minimum: int | None = None, maximum: int | None = None) -> str:
    """A whole number; `5.0` is 5."""
    rule = "整数" + _range_text(minimum, maximum)
    text = re.sub(r"\s", "", _fold(value)).replace(",", "")
    if not _INTEGER.fullmatch(text):
        raise BadValue("integer", rule, f"“{short(value)}”不是整数。", "请只填写数字，不带单位。")
    number = int(text.split(".")[0])
    if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        raise BadValue("range", rule, f"{number} 不在允许的范围内。", "请核对后重新填写。")
    return str(number)


class ChoiceTable:
    """Choices and aliases, folded once for a whole column."""

    def __init__(self, choices: tuple[str, ...], aliases: tuple[tuple[str, str], ...]) -> None:
        self.choices = choices
        self._meant = {_squeeze(written): meant for written, meant in aliases}
        self._meant.update((_squeeze(choice), choice) for choice in choices)

    def pick(self, value: str) -> str:
        """The choice that is meant. Raises BadValue."""
        found = self._meant.get(value) or self._meant.get(_squeeze(value))
        if found is not None:
            return found
        shown = "、".join(self.choices[:8]) + ("等" if len(self.choices) > 8 else "")
        raise BadValue(
            "choice",
            f"下拉列表中的一项（{shown}）",
            f"“{short(value)}”不在可选范围内。",
            "请从下拉列表中选择。",
        )


@lru_cache(maxsize=64)
def choice_table(choices: tuple[str, ...], aliases: tuple[tuple[str, str], ...]) -> ChoiceTable:
    """The table of a column, made once."""
    return ChoiceTable(choices, aliases)


def from_serial(serial: float, epoch_1904: bool = False) -> datetime:
    """The day a spreadsheet means by a number (days since 1900, or since 1904). Raises ValueError.

    In the 1900 system day 60 is the 29 February 1900 that never was; what Excel shows before it is off by one.
    """
    if not 0 < serial < 2_958_466 or (not epoch_1904 and 60 <= serial < 61):
        raise ValueError("no such day")
    if epoch_1904:
        return datetime(1904, 1, 1) + timedelta(days=serial)
    return datetime(1899, 12, 31 if serial < 60 else 30) + timedelta(days=serial)


def date_from_number(number: float, text: str, epoch_1904: bool, *, month: bool) -> str:
    """A number typed into a date column → canonical text.

    197711 and 19700114 are digits; five digits are the day number left when a date is pasted as a value;
    2010.01 is a month. 2010.1 is refused: October loses its zero when it is a number.
    """
    rule, fix = (MONTH_RULE, _MONTH_FIX) if month else (DATE_RULE, _DATE_FIX)
    parse = _month if month else _date
    if number == int(number) and 10_000 <= number <= 99_999:
        return parse(from_serial(number, epoch_1904).strftime("%Y-%m-%d"))
    if re.fullmatch(r"[0-9]{4}\.1", text):
        raise BadValue(
            "lost_zero",
            rule,
            f"数字 {text} 无法区分 1 月和 10 月（数字末尾的 0 会丢失）。",
            f"请写成 {text[:4]}-01 或 {text[:4]}-10。",
        )
    if number == int(number) or re.fullmatch(r"[0-9]{4}\.[0-9]{2}", text):
        return parse(text)
    raise BadValue("date", rule, f"“{short(text)}”不是日期。", fix)


def short(value: str, limit: int = 40) -> str:
    """A value inside a sentence."""
    return value if len(value) <= limit else value[:limit] + "…"


@lru_cache(maxsize=8192)
def _month(value: str) -> str:
    year, month, _day = _parts(value, MONTH_RULE, _MONTH_FIX)
    if month is None:
        raise BadValue("date", MONTH_RULE, f"“{short(value)}”只有年份，缺少月份。", _MONTH_FIX)
    return f"{year}-{month:02d}"


@lru_cache(maxsize=8192)
def _date(value: str) -> str:
    year, month, day = _parts(value, DATE_RULE, _DATE_FIX)
    if month is None or day is None:
        lacking = "月和日" if month is None else "日"
        raise BadValue("date", DATE_RULE, f"“{short(value)}”缺少{lacking}。", _DATE_FIX)
    return f"{year}-{month:02d}-{day:02d}"


def _parts(value: str, rule: str, fix: str) -> tuple[int, int | None, int | None]:
    text = re.sub(r"\s", "", _CLOCK.sub("", _fold(value).translate(_MARKS).strip()))
    match = _PARTED.fullmatch(text) or _SOLID.fullmatch(text)
    if match is None:
        if _YEAR.fullmatch(text):
            return int(text[:4]), None, None
        raise BadValue("date", rule, *_no_date(value, text, fix))
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise BadValue(
            "date", rule, f"“{short(value)}”中的年份 {year} 不合理（应在 {EARLIEST_YEAR}～{LATEST_YEAR}）。", fix
        )
    try:
        date(year, month or 0, day or 1)
    except ValueError:
        raise BadValue("date", rule, f"“{short(value)}”这一天（月）不存在。", fix) from None
    return year, month, day


def _no_date(value: str, text: str, fix: str) -> tuple[str, str]:
    if _SERIAL.fullmatch(text):
        day = from_serial(int(float(text)))
        message = f"“{short(value)}”像是日期变成的序号（可能是 {day:%Y-%m-%d}）。"
        return message, f"请核对原件后写成 {day:%Y-%m-%d} 这样的日期。"
    return f"“{short(value)}”不是能识别的日期。", fix


def _fold(value: str) -> str:
    return unicodedata.normalize("NFKC", value)


def _squeeze(value: str) -> str:
    return re.sub(r"\s", "", _fold(value)).casefold()


def _range_text(minimum: int | None, maximum: int | None) -> str:
    if minimum is None and maximum is None:
        return ""
    if maximum is None:
        return f"，不小于 {minimum}"
    return f"，{minimum}～{maximum}" if minimum is not None else f"，不大于 {maximum}"
