"""Tasks an actor may see, and what is stored about them."""

from __future__ import annotations

from collections.abc import Iterable

from peewee import JOIN, ModelSelect, Value

from gkportal.core.actor import Actor, Role
from gkportal.core.errors import NotFound
from gkportal.orgs.models import Organization
from gkportal.review.models import Case, ItemVerdict, OpinionPhrase, ReviewTask
from gkportal.rounds.models import Round


def visible_cases(actor: Actor) -> ModelSelect:
    """Cases of the actor's own unit, and for supervisors those of the units below once submitted."""
    if not actor.has(Role.CLERK, Role.UNIT_ADMIN, Role.REVIEWER, Role.ROUND_ADMIN):
        return Case.select().where(False)
    mine = (Case.unit == actor.org_id) if actor.has(Role.CLERK, Role.UNIT_ADMIN) else Value(False)
    if not actor.has(Role.REVIEWER, Role.ROUND_ADMIN):
        return Case.select().where(mine)
    below = Organization.select(Organization.id).where(
        Organization.path.startswith(actor.org_path) & (Organization.id != actor.org_id)
    )
    submitted = Case.submitted_at.is_null(False) & (Case.state != "draft") & Case.unit.in_(below)
    return Case.select().where(mine | submitted)


def get_case(actor: Actor, public_id: str) -> Case:
    """One visible case with its unit, holder and round. Raises NotFound."""
    holder = Organization.alias()
    found = (
        visible_cases(actor)
        .select(Case, Organization, holder, Round)
        .join_from(Case, Organization, on=(Case.unit == Organization.id), attr="unit")
        .join_from(Case, holder, JOIN.LEFT_OUTER, on=(Case.holder == holder.id), attr="holder")
        .join_from(Case, Round, JOIN.LEFT_OUTER, on=(Case.round == Round.id), attr="round")
        .where(Case.public_id == public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def visible_to(actor: Actor) -> ModelSelect:
    """Tasks of the actor's own organisation, for its reviewers; nobody else sees tasks."""
    tasks = ReviewTask.select().where(ReviewTask.organization == actor.org_id)
    return tasks if actor.has(Role.REVIEWER) else tasks.where(False)


def get_task(actor: Actor, public_id: str) -> ReviewTask:
    """One visible task with its case, organisation and unit in one query. Raises NotFound."""
    unit = Organization.alias()
    found = (
        visible_to(actor)
        .select(ReviewTask, Case, Organization, unit)
        .join_from(ReviewTask, Case)
        .join_from(ReviewTask, Organization, on=(ReviewTask.organization == Organization.id), attr="organization")
        .join_from(ReviewTask, unit, on=(ReviewTask.unit == unit.id), attr="unit")
        .where(ReviewTask.public_id == public_id)
        .first()
    )
    if found is None:
        raise NotFound()
    return found


def tasks_for_bulk(actor: Actor, public_ids: Iterable[str]) -> list[ReviewTask]:
    """The visible ones among these tasks, oldest first, with case and unit."""
    unit = Organization.alias()
    return list(
        visible_to(actor)
        .select(ReviewTask, Case, unit)
        .join_from(ReviewTask, Case)
        .join_from(ReviewTask, unit, on=(ReviewTask.unit == unit.id), attr="unit")
        .where(ReviewTask.public_id.in_(list(public_ids)))
        .order_by(ReviewTask.id)
    )


def verdicts_of(task: ReviewTask) -> dict[str, ItemVerdict]:
    """The verdicts given so far, by item key."""
    return {row.item_key: row for row in ItemVerdict.select().where(ItemVerdict.task == task.id)}


def fix_verdicts(task: ReviewTask) -> dict[str, str]:
    """{item key: remark} of the items to be corrected, in the order in which they were marked."""
    rows = ItemVerdict.select().where((ItemVerdict.task == task.id) & (ItemVerdict.verdict == "fix"))
    return {row.item_key: row.remark for row in rows.order_by(ItemVerdict.id)}


def steps_of(subject: tuple[str, int]) -> list[ReviewTask]:
    """Every step of a subject, oldest first: who reviewed it for whom, what they said and when (S001-14)."""
    return list(
        ReviewTask.select(ReviewTask, Organization)
        .join(Organization, on=(ReviewTask.organization == Organization.id), attr="organization")
        .where((ReviewTask.subject_type == subject[0]) & (ReviewTask.subject_id == subject[1]))
        .order_by(ReviewTask.id)
    )


def steps_of_case(case: Case) -> list[ReviewTask]:
    """The decided steps of a whole case, oldest first."""
    return list(
        ReviewTask.select(ReviewTask, Organization)
        .join(Organization, on=(ReviewTask.organization == Organization.id), attr="organization")
        .where((ReviewTask.case == case.id) & (ReviewTask.state == "done"))
        .order_by(ReviewTask.decided_at, ReviewTask.id)
    )


def earlier_verdicts(task: ReviewTask) -> dict[str, list[ItemVerdict]]:
    """Verdicts of earlier steps and submissions on the same subject, by item key, oldest first."""
    rows = (
        ItemVerdict.select(ItemVerdict, ReviewTask)
        .join(ReviewTask)
        .where(
            (ReviewTask.subject_type == task.subject_type)
            & (ReviewTask.subject_id == task.subject_id)
            & (ReviewTask.id < task.id)
            & (ReviewTask.state == "done")
        )
        .order_by(ItemVerdict.id)
    )
    found: dict[str, list[ItemVerdict]] = {}
    for row in rows:
        found.setdefault(row.item_key, []).append(row)
    return found


def phrases_of(actor: Actor) -> list[OpinionPhrase]:
    """The actor's own 常用意见, oldest first."""
    return list(OpinionPhrase.select().where(OpinionPhrase.user_id == actor.user_id).order_by(OpinionPhrase.id))
