"""The choices of the filter form, and where posted personal conditions are kept between pages."""

from __future__ import annotations

import secrets
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from gkportal.core.actor import Actor
from gkportal.core.db import database
from gkportal.policy import Pack
from gkportal.policy.dictionaries import EDUCATION, GRADE, SEX, STATUS
from gkportal.roster.filters import ANY_STATUS, RosterFilters

_SESSION_KEY = "roster_personal"
_KEPT = 5

Choices = tuple[tuple[str, str], ...]


def choices(actor: Actor, pack: Pack | None) -> dict[str, Any]:
    """Choices of every select, in official order; one query (上级工考办)."""
    return {
        **_fixed(),
        "grades": pack_grades(pack) if pack else GRADE.choices(),
        "categories": categories(pack) if pack else (),
        "offices": offices(actor),
    }


@lru_cache(maxsize=1)
def _fixed() -> dict[str, Choices]:
    return {
        "statuses": ((ANY_STATUS, "全部"), *STATUS.choices()),
        "educations": EDUCATION.choices(),
        "sexes": SEX.choices(),
    }


@lru_cache(maxsize=16)
def pack_grades(pack: Pack) -> Choices:
    """Grades with the pack's labels, 初级工 first."""
    return tuple((code, pack.grade_label(int(code))) for code, _ in GRADE.choices())


@lru_cache(maxsize=16)
def categories(pack: Pack) -> tuple[tuple[str, str, Choices], ...]:
    """(key, label, trades) of each 工种类别."""
    return tuple(
        (item.key, item.label, tuple((one.code, one.name) for one in pack.trades if one.category == item.key))
        for item in pack.data.categories
    )


_DEEPEST = 8  # levels of the tree; province, city, district, department and unit are five
#: A fixed text: peewee takes longer to write this than SQLite to answer it, and every list page asks.
_OFFICES = (
    "SELECT public_id, name FROM organization WHERE kind = 'office'"
    " AND (id IN (?, ?, ?, ?, ?, ?, ?, ?) OR (path >= ? AND path < ?)) ORDER BY path"
)


def offices(actor: Actor) -> Choices:
    """工考办 above the actor's organisation or below it, city first."""
    above = [int(part) for part in actor.org_path.strip("/").split("/") if part]
    places = (*above[:_DEEPEST], *[0] * (_DEEPEST - len(above)))
    return tuple(database.execute_sql(_OFFICES, (*places, actor.org_path, actor.org_path + "~")).fetchall())


def keep_personal(session: MutableMapping[str, Any], filters: RosterFilters) -> str:
    """Keep name and number in the server-side session; returns the token that stands for them in URLs ("" for none)."""
    personal = filters.personal
    if not personal:
        return ""
    kept: dict[str, dict[str, str]] = dict(session.get(_SESSION_KEY, {}))
    for token, values in kept.items():
        if values == personal:
            return token
    token = secrets.token_urlsafe(6)
    kept[token] = personal
    session[_SESSION_KEY] = dict(list(kept.items())[-_KEPT:])
    return token


def kept_personal(session: MutableMapping[str, Any], token: str) -> dict[str, str] | None:
    """What `keep_personal` kept; None when the token is unknown or too old."""
    return session.get(_SESSION_KEY, {}).get(token)
