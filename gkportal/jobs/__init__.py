"""Background work with progress and a result to fetch. Features register handlers; see handlers.py."""

from gkportal.jobs.handlers import JobContext, JobInterrupted, JobResult, job_handler
from gkportal.jobs.models import Job
from gkportal.jobs.operations import enqueue, forget_finished
from gkportal.jobs.queries import job_of, jobs_of, result_hashes
from gkportal.jobs.runner import JobRunner, put_back, run_pending

__all__ = [
    "Job",
    "JobContext",
    "JobInterrupted",
    "JobResult",
    "JobRunner",
    "enqueue",
    "forget_finished",
    "job_handler",
    "job_of",
    "jobs_of",
    "put_back",
    "result_hashes",
    "run_pending",
]
