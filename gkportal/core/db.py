"""The database: one connection per thread, writers in a row, and fields that read back as they were written.

SQLite facts behind this file are in docs/decisions/0002: deferred transactions fail in a rush, so every write
is `BEGIN IMMEDIATE`; SQLite's busy wait is not fair, so writers of this process queue on a lock first; and
NORMAL loses acknowledged work at a power cut, so `synchronous=FULL`.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import peewee
from peewee import Model, SqliteDatabase, TextField

from gkportal.core.errors import Unavailable

MINIMUM_SQLITE = (3, 51, 3)
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "trusted_schema": 0,
    "cache_size": -8000,
    "temp_store": "memory",
}

database = SqliteDatabase(None, autoconnect=False)
_write_lock = threading.RLock()
_depth = threading.local()


def bind(path: Path | str) -> None:
    """Point the application at its database file. Refuses SQLite versions with the WAL-reset bug."""
    version = tuple(int(part) for part in peewee.sqlite3.sqlite_version.split("."))
    if version < MINIMUM_SQLITE:
        raise RuntimeError(f"SQLite {peewee.sqlite3.sqlite_version} is too old: 3.51.3 or later is needed")
    if not database.is_closed():
        database.close()
    database.init(str(path), pragmas=PRAGMAS)


def connect() -> None:
    """Open this thread's connection unless it is open. Connections live as long as their thread."""
    database.connect(reuse_if_open=True)


def in_transaction() -> bool:
    """Whether this thread is inside `write_transaction`."""
    return getattr(_depth, "value", 0) > 0


@contextmanager
def write_transaction() -> Iterator[None]:
    """All or nothing. Nested use joins the outer transaction. A busy database becomes `Unavailable`.

    Keep it short: no file, hash or rendering work inside.
    """
    if in_transaction():
        yield
        return
    if not _write_lock.acquire(timeout=10):
        raise Unavailable("现在提交的人较多，请稍候几秒再试一次，您填写的内容还在。")
    try:
        connect()
        _depth.value = 1
        _after_commit().clear()
        with database.atomic("IMMEDIATE"):
            yield
    except peewee.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise Unavailable("数据库正忙，请稍候几秒再试一次，您填写的内容还在。") from error
        if "full" in str(error) or "readonly" in str(error) or "disk I/O" in str(error):
            raise Unavailable("服务器磁盘已满或不可写，本次没有保存，请联系系统管理员，您填写的内容还在。") from error
        raise
    finally:
        _depth.value = 0
        _write_lock.release()
    calls = list(_after_commit())
    _after_commit().clear()
    for call in calls:
        call()


def after_commit(call: Callable[[], None]) -> None:
    """Run `call` once the surrounding transaction is on disk (at once when there is none)."""
    if in_transaction():
        _after_commit().append(call)
    else:
        call()


def _after_commit() -> list[Callable[[], None]]:
    if not hasattr(_depth, "calls"):
        _depth.calls = []
    return _depth.calls


def new_public_id() -> str:
    """An unguessable id for URLs: 96 random bits, 16 characters."""
    return secrets.token_urlsafe(12)


class BaseModel(Model):
    """Base of all tables."""

    class Meta:
        database = database
        legacy_table_names = False


class InstantField(TextField):
    """An aware instant, stored as sortable UTC text `2026-04-12T02:30:00.000000Z`."""

    def db_value(self, value: datetime | str | None) -> str | None:
        """Text for the database. Naive datetimes are a programming error."""
        if value is None or isinstance(value, str):
            return value
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def python_value(self, value: str | None) -> datetime | None:
        """An aware UTC datetime."""
        return None if value is None else datetime.fromisoformat(value)


class DayField(TextField):
    """A calendar day as ISO text, read back as `date`."""

    def db_value(self, value: date | str | None) -> str | None:
        """ISO text."""
        return value.isoformat() if isinstance(value, date) else value

    def python_value(self, value: str | None) -> date | None:
        """A date."""
        return None if not value else date.fromisoformat(value)


class JsonField(TextField):
    """Any JSON value, stored as readable text (Chinese stays Chinese)."""

    def db_value(self, value: Any) -> str | None:
        """JSON text."""
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def python_value(self, value: str | None) -> Any:
        """The parsed value."""
        return None if value is None else json.loads(value)
