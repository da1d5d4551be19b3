"""Reading jobs. A job belongs to the person who asked for it."""

from __future__ import annotations

from gkportal.core.errors import NotFound
from gkportal.jobs.models import Job


def job_of(public_id: str, *, owner_user_id: int) -> Job:
    """One job of this person. Raises NotFound for others' jobs too."""
    job = Job.get_or_none((Job.public_id == public_id) & (Job.owner_user_id == owner_user_id))
    if job is None:
        raise NotFound
    return job


def jobs_of(owner_user_id: int, limit: int = 20) -> list[Job]:
    """The person's newest jobs."""
    return list(Job.select().where(Job.owner_user_id == owner_user_id).order_by(Job.id.desc()).limit(limit))


def result_hashes() -> set[str]:
    """Hashes of all result files, for `FileStore.sweep`."""
    return {row for (row,) in Job.select(Job.result_sha256).where(Job.result_sha256.is_null(False)).tuples()}
