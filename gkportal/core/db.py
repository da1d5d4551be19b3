"""The database: one connection per thread, writers in a row, and fields that read back as they were written.

SQLite facts behind this file are in docs/decisions/0002: deferred transactions fail in a rush, so every write
is `BEGIN IMMEDIATE`; SQLite's busy wait is not fair, so writers of this process queue on a lock first; and
NORMAL loses acknowledged work at a power cut, so `synchronous=FULL`.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import peewee
from peewee import Model, SqliteDatabase, TextField

from gkportal.core.errors import Unavailable

MINIMUM_SQLITE = (3, 51, 3)
#: How long a write waits for other processes (a backup tool, a database browser), and in all.
BUSY_MS = 5000
PATIENCE_S = 8.0
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "busy_timeout": BUSY_MS,
    "trusted_schema": 0,
    "cache_size": -4000,
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
    if database.connect(reuse_if_open=True):
        _depth.busy_ms = BUSY_MS


def in_transaction() -> bool:
    """Whether this thread is inside `write_transaction`."""
    return getattr(_depth, "value", 0) > 0


@contextmanager
def write_transaction(*, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """All or nothing. Nested use joins the outer transaction; when it fails, only its own part is undone.

    A database that stays busy for `patience_s` seconds, or cannot be written, becomes `Unavailable`.
    Keep it short: no file, hash or rendering work inside.
    """
    if in_transaction():
        with _told(), _part():
            yield
        return
    until = time.monotonic() + patience_s
    if not _write_lock.acquire(timeout=patience_s):
        raise Unavailable("现在提交的人较多，请稍候几秒再试一次，您填写的内容还在。")
    try:
        with _told():
            connect()
            _wait_at_most(until - time.monotonic())
            _after_commit().clear()
            with database.atomic("IMMEDIATE"):
                _depth.value = 1
                yield
    finally:
        _depth.value = 0
        _write_lock.release()
    calls = list(_after_commit())
    _after_commit().clear()
    for call in calls:
        call()


@contextmanager
def _part() -> Iterator[None]:
    """A nested transaction: its rows and its `after_commit` calls go when it fails and the outer one goes on."""
    calls = _after_commit()
    before = len(calls)
    try:
        with database.atomic():
            yield
    except BaseException:
        del calls[before:]
        raise


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the operating system did to the database into the sentence a person reads."""
    try:
        yield
    except peewee.OperationalError as error:
        told = unavailable(error)
        if told is None:
            raise
        raise told from error


def unavailable(error: peewee.DatabaseError) -> Unavailable | None:
    """The sentence for a database that is busy, full or read-only; None for other errors."""
    # SQLite undoes the whole transaction when the disk is full; undoing it again fails and hides the first error.
    chain = list(_chain(error))
    texts = " ".join(str(item) for item in chain)
    if any(word in texts for word in ("locked", "busy")):
        return Unavailable("数据库正忙，请稍候几秒再试一次，您填写的内容还在。")
    if any(word in texts for word in ("full", "readonly", "disk I/O", "unable to open")):
        return Unavailable("服务器磁盘已满或不可写，本次没有保存，请联系系统管理员，您填写的内容还在。")
    return next((item for item in chain if isinstance(item, Unavailable)), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and the database errors during whose handling it was raised."""
    while isinstance(error, (peewee.PeeweeException, peewee.sqlite3.Error, Unavailable)):
        yield error
        error = error.__context__


def _wait_at_most(seconds: float) -> None:
    """How long SQLite waits for other processes: 5 s, less when the queue of this process took its time."""
    wanted = max(100, min(BUSY_MS, int(seconds * 1000)))
    if getattr(_depth, "busy_ms", BUSY_MS) != wanted and not database.is_closed():
        database.execute_sql(f"PRAGMA busy_timeout = {wanted}")
        _depth.busy_ms = wanted


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
