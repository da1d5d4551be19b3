"""Rounds, windows and notices as an actor may see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import ModelSelect

from gkportal.core.actor import Actor
from gkportal.core.errors import NotFound
from gkportal.orgs.models import Organization
from gkportal.rounds.models import LateException, Notice, Round, RoundWindow


def _above(path: str) -> list[int]:
    return [int(part) for part in path.strip("/").split("/") if part]


def visible_to(actor: Actor) -> ModelSelect:
    """Rounds of the offices above (or of) the actor's organisation, and those below it; drafts only to their office."""
    return (
        Round.select(Round, Organization)
        .join(Organization)
        .where(
            (Round.office.in_(_above(actor.org_path)) & (Round.state != "draft"))
            | Organization.path.startswith(actor.org_path)
        )
        .order_by(Round.year.desc(), Round.id.desc())
    )


def get_round(actor: Actor, public_id: str) -> Round:
    """One visible round. Raises NotFound."""
    found = visible_to(actor).where(Round.public_id == public_id).first()
    if found is None:
        raise NotFound()
    return found


def current_round(unit_path: str) -> Round | None:
    """The open round a unit takes part in: of the nearest office above it, the latest year."""
    above = _above(unit_path)
    rows = (
        Round.select(Round, Organization)
        .join(Organization)
        .where(Round.office.in_(above) & (Round.state == "open"))
        .order_by(Round.year.desc(), Round.id.desc())
    )
    return max(rows, key=lambda row: (row.year, above.index(row.office_id)), default=None)


def windows_of(round_id: int) -> dict[str, RoundWindow]:
    """The windows of a round by declaration kind."""
    return {window.kind: window for window in RoundWindow.select().where(RoundWindow.round == round_id)}


def windows_of_rounds(round_ids: Iterable[int]) -> dict[tuple[int, str], RoundWindow]:
    """The windows of several rounds by (round id, declaration kind); one query."""
    rows = RoundWindow.select().where(RoundWindow.round.in_(list(round_ids)))
    return {(window.round_id, window.kind): window for window in rows}


def exceptions_until(case_ids: Iterable[int], now: datetime) -> dict[int, datetime]:
    """`exception_until` for several cases by case id, left out where there is none; one query."""
    rows = LateException.select(LateException.case_id, LateException.until).where(
        LateException.case_id.in_(list(case_ids)) & (LateException.until >= now)
    )
    found: dict[int, datetime] = {}
    for row in rows:
        found[row.case_id] = max(row.until, found.get(row.case_id, row.until))
    return found


def exception_until(case_id: int, now: datetime) -> datetime | None:
    """Until when a late exception keeps one case open; None when there is none in force."""
    return (
        LateException.select(LateException.until)
        .where((LateException.case_id == case_id) & (LateException.until >= now))
        .order_by(LateException.until.desc())
        .limit(1)
        .scalar()
    )


def notices_for(actor: Actor, now: datetime, limit: int = 50) -> list[Notice]:
    """Published notices of the actor's office and the offices above, pinned ones first."""
    return list(
        Notice.select(Notice, Organization)
        .join(Organization)
        .where(Notice.office.in_(_above(actor.org_path)) & (Notice.published_at <= now) & Notice.withdrawn_at.is_null())
        .order_by(Notice.pinned.desc(), Notice.published_at.desc(), Notice.id.desc())
        .limit(limit)
    )


def get_notice(actor: Actor, public_id: str, now: datetime) -> Notice:
    """One published notice that concerns the actor. Raises NotFound."""
    for notice in notices_for(actor, now, limit=500):
        if notice.public_id == public_id:
            return notice
    raise NotFound()
