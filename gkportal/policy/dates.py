"""Months and days as text: the roster keeps partial dates as they were written."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

_DATE = re.compile(r"^\s*(\d{4})\D?(\d{1,2})?(?:\D?(\d{1,2}))?\D?\s*$")
_MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")
_DAY = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])-(\d{2})$")

Parts = tuple[int, int | None, int | None]


def parts(value: object) -> Parts | None:
    """(year, month or None, day or None) of a date or text such as 2010-01, 2010.1, 201001.

    None when the value is empty, not a date, or a day that does not exist.
    """
    if isinstance(value, date):
        return value.year, value.month, value.day
    return _text_parts(value) if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def _text_parts(value: str) -> Parts | None:
    match = _DATE.match(value.replace("年", "-").replace("月", "-").replace("日", ""))
    if match is None:
        return None
    year, month, day = (int(group) if group else None for group in match.groups())
    if year is None or not 1900 <= year <= 2199 or (month is not None and not 1 <= month <= 12):
        return None
    if day is not None and not _exists(year, month, day):
        return None
    return year, month, day


def _exists(year: int, month: int | None, day: int) -> bool:
    try:
        date(year, month or 1, day)
    except ValueError:
        return False
    return True


def year_of(value: object) -> int | None:
    """The year of a date or partial date; None when unknown."""
    found = parts(value)
    return None if found is None else found[0]


def month_number(value: object) -> int | None:
    """Months since year 0, for arithmetic; None when the month is unknown."""
    found = parts(value)
    if found is None or found[1] is None:
        return None
    return found[0] * 12 + found[1] - 1


def month_text(number: int) -> str:
    """2006年07月 from a month number."""
    return f"{number // 12}年{number % 12 + 1:02d}月"


def show(value: object) -> str:
    """A date as on screen: 2008年, 2008年09月 or 2008年09月01日; "" when unknown."""
    found = parts(value)
    if found is None:
        return ""
    year, month, day = found
    if month is None:
        return f"{year}年"
    return f"{year}年{month:02d}月" + (f"{day:02d}日" if day is not None else "")


def show_month(value: object) -> str:
    """A date as year and month (2008年09月); the year alone when no month is known."""
    found = parts(value)
    if found is None:
        return ""
    return f"{found[0]}年" + (f"{found[1]:02d}月" if found[1] is not None else "")


def is_month(text: str) -> bool:
    """True for exactly YYYY-MM."""
    return bool(_MONTH.match(text))


def is_day(text: str) -> bool:
    """True for exactly YYYY-MM-DD and a day that exists."""
    match = _DAY.match(text)
    return bool(match) and _exists(int(match[1]), int(match[2]), int(match[3]))


def add_years(day: date, years: int) -> date:
    """The same day some years later; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
