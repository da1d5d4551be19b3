"""Workers an actor may see, and everything known of some of them in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from peewee import ModelSelect

from gkportal.core.actor import Actor
from gkportal.core.db import BaseModel
from gkportal.core.errors import NotFound
from gkportal.orgs.models import Organization
from gkportal.roster.filters import RosterFilters
from gkportal.roster.models import (
    ExceptionUse,
    Worker,
    WorkerAppraisal,
    WorkerCareer,
    WorkerCertificate,
    WorkerEducation,
    WorkerHonour,
    WorkerInterruption,
    WorkerTraining,
)
from gkportal.roster.scope import scope_of
from gkportal.roster.search import matching_ids, matching_unit_ids, search, search_unit

__all__ = [
    "BUNDLE_QUERIES", "RosterFilters", "WorkerBundle", "bundles", "get_visible", "matching_ids", "matching_unit_ids",
    "search", "search_unit", "visible_to",
]  # fmt: skip


@dataclass(slots=True)
class WorkerBundle:
    """One worker with all subsets, oldest first."""

    worker: Worker
    unit: Organization
    certificates: list[WorkerCertificate] = field(default_factory=list)
    educations: list[WorkerEducation] = field(default_factory=list)
    careers: list[WorkerCareer] = field(default_factory=list)
    interruptions: list[WorkerInterruption] = field(default_factory=list)
    trainings: list[WorkerTraining] = field(default_factory=list)
    appraisals: list[WorkerAppraisal] = field(default_factory=list)
    honours: list[WorkerHonour] = field(default_factory=list)
    exception_uses: list[ExceptionUse] = field(default_factory=list)


#: Attribute of the bundle, table, columns that put its rows in order.
_SUBSETS = (
    ("certificates", WorkerCertificate, (WorkerCertificate.issued_on, WorkerCertificate.id)),
    ("educations", WorkerEducation, (WorkerEducation.graduated_on, WorkerEducation.id)),
    ("careers", WorkerCareer, (WorkerCareer.started, WorkerCareer.id)),
    ("interruptions", WorkerInterruption, (WorkerInterruption.started, WorkerInterruption.id)),
    ("trainings", WorkerTraining, (WorkerTraining.year, WorkerTraining.id)),
    ("appraisals", WorkerAppraisal, (WorkerAppraisal.year,)),
    ("honours", WorkerHonour, (WorkerHonour.happened_on, WorkerHonour.id)),
    ("exception_uses", ExceptionUse, (ExceptionUse.year, ExceptionUse.id)),
)
#: Queries of one `bundles` call, whatever the number of people.
BUNDLE_QUERIES = 1 + len(_SUBSETS)


def visible_to(actor: Actor) -> ModelSelect:
    """Workers of the actor's own unit, or of the units below a department or office."""
    scope = scope_of(actor)
    query = Worker.select()
    if scope.everything:
        return query
    if scope.unit_id is not None:
        return query.where(Worker.unit == scope.unit_id)
    if scope.nobody:
        return query.where(Worker.id.is_null())
    below = (Organization.path >= scope.path) & (Organization.path < scope.path + "~")
    return query.where(Worker.unit.in_(Organization.select(Organization.id).where(below)))


def get_visible(actor: Actor, public_id: str) -> Worker:
    """One visible worker. Raises NotFound, also for another unit's worker."""
    found = visible_to(actor).where(Worker.public_id == public_id).first()
    if found is None:
        raise NotFound()
    return found


def bundles(worker_ids: Iterable[int]) -> dict[int, WorkerBundle]:
    """Everything known of these workers, by worker id: BUNDLE_QUERIES queries for one or a thousand people.

    The caller has made sure that they may be seen.
    """
    ids = list(dict.fromkeys(worker_ids))
    if not ids:
        return {}
    workers = Worker.select(Worker, Organization).join(Organization).where(Worker.id.in_(ids))
    found = {worker.id: WorkerBundle(worker, worker.unit) for worker in workers}
    for attribute, model, order in _SUBSETS:
        for row in _subset_rows(model, ids, order):
            if row.worker_id in found:
                getattr(found[row.worker_id], attribute).append(row)
    return {worker_id: found[worker_id] for worker_id in ids if worker_id in found}


def _subset_rows(model: type[BaseModel], ids: list[int], order: tuple) -> Iterable[BaseModel]:
    return model.select().where(model.worker.in_(ids)).order_by(*order)
