"""The one clock of the application.

Instants are aware UTC datetimes; people see Asia/Shanghai. Everything that depends on the time takes `now`
as an argument or asks here, so that tests can set it (`freeze`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEKDAYS = "一二三四五六日"

_offset: timedelta = timedelta(0)
_fixed: datetime | None = None


def now() -> datetime:
    """The current instant, aware, in UTC."""
    if _fixed is not None:
        return _fixed
    return datetime.now(UTC) + _offset


def today() -> date:
    """The current calendar day in Asia/Shanghai."""
    return local(now()).date()


def local(instant: datetime) -> datetime:
    """The same instant as people in China read it."""
    return instant.astimezone(SHANGHAI)


def from_local(text: str) -> datetime:
    """Read `YYYY-MM-DD[ T]HH:MM[:SS]` as Asia/Shanghai time. Raises ValueError."""
    naive = datetime.fromisoformat(text.strip())
    return (naive if naive.tzinfo else naive.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def format_day(instant: datetime) -> str:
    """`4月15日（星期三）`"""
    day = local(instant)
    return f"{day.month}月{day.day}日（星期{WEEKDAYS[day.weekday()]}）"


def format_today(instant: datetime) -> str:
    """`2026年4月12日 星期日`"""
    day = local(instant)
    return f"{day.year}年{day.month}月{day.day}日 星期{WEEKDAYS[day.weekday()]}"


def format_minute(instant: datetime) -> str:
    """`2026-04-15 23:59`"""
    return local(instant).strftime("%Y-%m-%d %H:%M")


@contextmanager
def freeze(instant: datetime) -> Iterator[None]:
    """Hold the clock at `instant` (aware) within the block. For tests and the demo data."""
    global _fixed
    before = _fixed
    _fixed = instant.astimezone(UTC)
    try:
        yield
    finally:
        _fixed = before
