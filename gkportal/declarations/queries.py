"""Declaration cases and applications that an actor may see, and the round they belong to."""

from __future__ import annotations

from collections.abc import Iterable

from peewee import JOIN, ModelSelect, fn

from gkportal.core.actor import SEPARATED_ADMINS, Actor, Role
from gkportal.core.errors import NotFound
from gkportal.declarations import states
from gkportal.declarations.models import Application
from gkportal.orgs.models import Organization
from gkportal.review.models import Case
from gkportal.roster.models import Worker
from gkportal.rounds.models import Round

CASE_PREFIX = "declaration:"
#: Case states in which a unit still adds people to a case.
_OPEN_CASE = ("draft", "in_review", "returned", "withdrawn")


def visible_to(actor: Actor) -> ModelSelect:
    """Applications of the actor's own unit, and, for reviewers, the submitted ones of the units below.

    Case, unit, worker and round come along in the same query. The separated administrators see nothing.
    """
    query = (
        Application.select(Application, Case, Organization, Worker, Round)
        .join(Case, on=(Application.case == Case.id))
        .switch(Application)
        .join(Organization, on=(Application.unit == Organization.id))
        .switch(Application)
        .join(Worker, on=(Application.worker == Worker.id))
        .switch(Application)
        .join(Round, JOIN.LEFT_OUTER, on=(Application.round == Round.id))
    )
    return query.where(_reach(actor))


def _reach(actor: Actor):
    if not actor.roles or actor.roles <= SEPARATED_ADMINS:
        return Organization.id == -1
    allowed = Organization.id == (actor.org_id if actor.has(Role.CLERK, Role.UNIT_ADMIN) else -1)
    if actor.has(Role.REVIEWER, Role.ROUND_ADMIN):
        below = Organization.path.startswith(actor.org_path) & (Organization.id != actor.org_id)
        allowed |= below & (Application.submission > 0)
    return allowed


def get_application(actor: Actor, public_id: str) -> Application:
    """One visible application with its case, unit, worker and round. Raises NotFound."""
    found = visible_to(actor).where(Application.public_id == public_id).first()
    if found is None:
        raise NotFound()
    return found


def own_application(actor: Actor, public_id: str) -> Application:
    """An application of the actor's own unit: what clerks work on. Raises NotFound."""
    found = get_application(actor, public_id)
    if found.unit_id != actor.org_id:
        raise NotFound()
    return found


def visible_cases(actor: Actor) -> ModelSelect:
    """Declaration cases of the actor's own unit."""
    return (
        Case.select(Case, Organization, Round)
        .join(Organization, on=(Case.unit == Organization.id))
        .switch(Case)
        .join(Round, JOIN.LEFT_OUTER, on=(Case.round == Round.id))
        .where(Case.unit == (actor.org_id if actor.has(Role.CLERK, Role.UNIT_ADMIN) else -1))
        .where(Case.kind.startswith(CASE_PREFIX))
    )


def get_case(actor: Actor, public_id: str) -> Case:
    """One of the unit's declaration cases, with unit and round. Raises NotFound."""
    found = visible_cases(actor).where(Case.public_id == public_id).first()
    if found is None:
        raise NotFound()
    return found


def applications_of(
    case: Case, *, ids: Iterable[int] | None = None, public_ids: Iterable[str] | None = None
) -> list[Application]:
    """The case's people in the order they were added (only those named, if any are), each with worker and unit; one
    query."""
    wanted = Application.case == case.id
    if ids is not None:
        wanted &= Application.id.in_(list(ids))
    if public_ids is not None:
        wanted &= Application.public_id.in_(list(public_ids))
    return list(
        Application.select(Application, Worker, Organization)
        .join(Worker, on=(Application.worker == Worker.id))
        .switch(Application)
        .join(Organization, on=(Application.unit == Organization.id))
        .where(wanted)
        .order_by(Application.id)
    )


def kind_of(case: Case) -> str:
    """`level` of a case of kind `declaration:level`."""
    return case.kind.removeprefix(CASE_PREFIX)


def open_case_of(unit_id: int, round_id: int, kind: str) -> Case | None:
    """The unit's case of this round and kind that still takes people, newest first."""
    return (
        Case.select(Case, Organization, Round)
        .join(Organization, on=(Case.unit == Organization.id))
        .switch(Case)
        .join(Round, JOIN.LEFT_OUTER, on=(Case.round == Round.id))
        .where((Case.unit == unit_id) & (Case.round == round_id) & (Case.kind == CASE_PREFIX + kind))
        .where(Case.state.in_(_OPEN_CASE))
        .order_by(Case.id.desc())
        .first()
    )


def live_applications(round_id: int, worker_ids: Iterable[int]) -> dict[int, Application]:
    """Who of these workers already counts in the round: worker id → application with its case."""
    rows = (
        Application.select(Application, Case)
        .join(Case, on=(Application.case == Case.id))
        .where((Application.round == round_id) & Application.worker.in_(list(worker_ids)) & (Application.live == 1))
    )
    return {row.worker_id: row for row in rows}


def neighbours(application: Application) -> tuple[int, int, str | None, str | None]:
    """(place, count, public id before, public id after) of an application in its case; one query."""
    ids = [
        row[0]
        for row in Application.select(Application.public_id)
        .where(Application.case == application.case_id)
        .order_by(Application.id)
        .tuples()
    ]
    place = ids.index(application.public_id)
    before = ids[place - 1] if place else None
    after = ids[place + 1] if place + 1 < len(ids) else None
    return place + 1, len(ids), before, after


def editable_count(actor: Actor) -> int:
    """How many of the unit's applications wait for the unit."""
    return (
        Application.select(fn.COUNT(Application.id))
        .where((Application.unit == actor.org_id) & Application.state.in_(sorted(states.EDITABLE)))
        .scalar()
    )
