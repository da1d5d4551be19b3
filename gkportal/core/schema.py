"""Bringing the database to the schema of this code, and refusing to run on any other."""

from __future__ import annotations

from pathlib import Path

import peewee
from playhouse.migrations import Runner

from gkportal.core import db

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def migrate() -> list[str]:
    """Apply what is missing, each migration in its own transaction. Returns the applied names."""
    db.connect()
    return Runner(db.database, str(MIGRATIONS)).up()


def pending() -> list[str]:
    """Names of migrations not applied yet."""
    return [item.name for item in _runner().status() if item.path is not None and not item.applied]


def unknown() -> list[str]:
    """Applied migrations that this code does not have: the database is newer than the program."""
    return [item.name for item in _runner().status() if item.path is None]


def has_tables() -> bool:
    """Whether the database holds anything yet."""
    db.connect()
    return bool(db.database.get_tables())


def require_sound() -> None:
    """Raise RuntimeError with the way out when pages of the database are damaged (R22)."""
    db.connect()
    try:
        ((line, *_), *_) = db.database.execute_sql("PRAGMA quick_check(1)").fetchall()
    except peewee.DatabaseError as error:
        line = str(error)
    if line != "ok":
        raise RuntimeError(
            f"the database is damaged ({line}): move the instance folder away and run `python app.py restore BACKUP`"
        )


def _runner() -> Runner:
    db.connect()
    return Runner(db.database, str(MIGRATIONS))


def require_current() -> None:
    """Raise RuntimeError with the way out unless database and code fit."""
    try:
        newer, older = unknown(), pending()
    except peewee.DatabaseError as error:
        raise RuntimeError(
            f"the database cannot be read ({error}): move the instance folder away and run `python app.py restore BACKUP`"
        ) from error
    if newer:
        raise RuntimeError("the database is newer than this program: install the newer version, or restore a backup")
    if older:
        raise RuntimeError("the database needs an update: stop the server and run `python app.py migrate`")
