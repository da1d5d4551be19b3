"""Asking for background work, and clearing up after it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from gkportal.core import clock, db
from gkportal.jobs import queue, states
from gkportal.jobs.handlers import handler_of
from gkportal.jobs.models import Job
from gkportal.jobs.runner import wake

log = logging.getLogger(__name__)


def enqueue(
    kind: str,
    *,
    actor_user_id: int,
    organization_id: int,
    title: str,
    params: dict[str, Any] | None = None,
    total: int = 0,
    now: datetime | None = None,
) -> Job:
    """Ask for a job; it starts once the surrounding transaction is on disk. `params` is JSON, without personal data.

    Asking twice for the same work while the first still waits or runs gives the first (R17).
    Raises LookupError for a kind without handler, Unavailable.
    """
    if handler_of(kind) is None:
        raise LookupError(f"no handler for job kind {kind}")
    params = params or {}
    with db.write_transaction():
        job = Job.get_or_none(
            (Job.owner_user_id == actor_user_id)
            & (Job.kind == kind)
            & (Job.organization_id == organization_id)
            & Job.state.in_(states.LIVE)
            & (Job.params == params)
        )
        if job is not None:
            return job
        job = Job.create(
            kind=kind,
            title=title,
            params=params,
            total=total,
            owner_user_id=actor_user_id,
            organization_id=organization_id,
            created_at=now or clock.now(),
        )
        db.after_commit(lambda: _push(job.public_id))
    return job


def _push(public_id: str) -> None:
    try:
        queue.current().push(public_id)
    except Exception:  # the row is saved: the runner's next look finds it (runner.put_back)
        log.exception("job queue not writable")
    wake()


def forget_finished(*, now: datetime, days: int = 7) -> int:
    """Delete jobs finished more than `days` days ago; their result files go with the store's next sweep."""
    with db.write_transaction():
        return Job.delete().where(Job.finished_at < now - timedelta(days=days)).execute()
