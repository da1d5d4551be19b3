"""Doing the work: take a job, run its handler, write the outcome; take up what a crash left.

A job is taken by one conditional UPDATE, so doubled messages and several processes are harmless. A job that a
dead process left running is put back (its handler must bear that); after MAX_ATTEMPTS it is given up.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any

from gkportal.core import clock, db
from gkportal.core.errors import GkError
from gkportal.jobs import queue, states
from gkportal.jobs.handlers import JobContext, JobInterrupted, JobResult, handler_of
from gkportal.jobs.models import Job

log = logging.getLogger(__name__)

HEARTBEAT_S = 15
#: Waiting jobs older than this should be in the queue.
LOST_AFTER_S = 5

_TOKEN = secrets.token_hex(4)
_work = threading.Event()

_GIVEN_UP = "这项工作多次中断，已停止。请缩小范围后重试，仍不成功请联系系统管理员。"


def wake() -> None:
    """Tell this process's runner that there is work; other processes see it at their next look."""
    _work.set()


def runner_id() -> str:
    """Names this process: host, process number, and a mark that differs after a restart."""
    return f"{socket.gethostname()}/{os.getpid()}/{_TOKEN}"


def run_pending(stopping: threading.Event | None = None) -> int:
    """Run all jobs that wait now, one after the other. Returns how many were run."""
    stopping = stopping or threading.Event()
    count = 0
    while not stopping.is_set() and (public_id := queue.current().pop()) is not None:
        count += run_job(public_id, stopping)
    return count


def run_job(public_id: str, stopping: threading.Event | None = None) -> bool:
    """Run one waiting job; False when it does not wait (any more)."""
    job = _take(public_id)
    if job is None:
        return False
    context = JobContext(
        job.id,
        job.public_id,
        job.kind,
        job.params,
        job.owner_user_id,
        job.organization_id,
        job.attempts,
        job.runner,
        stopping or threading.Event(),
    )
    with _heartbeat(context):
        outcome = _outcome(context)
    context.update(**outcome)
    return True


def _take(public_id: str) -> Job | None:
    moment = clock.now()
    with db.write_transaction():
        taken = (
            Job.update(
                state=states.RUNNING,
                started_at=moment,
                heartbeat_at=moment,
                runner=runner_id(),
                attempts=Job.attempts + 1,
                progress=0,
            )
            .where((Job.public_id == public_id) & (Job.state == states.WAITING))
            .execute()
        )
        return Job.get(Job.public_id == public_id) if taken else None


def _outcome(context: JobContext) -> dict[str, object]:
    """Run the handler; what to write into the job."""
    handler = handler_of(context.kind)
    try:
        if handler is None:
            raise LookupError(f"no handler for job kind {context.kind}")
        result = handler(context) or JobResult()
    except JobInterrupted:
        return {"state": states.WAITING, "runner": "", "attempts": context.attempts - 1}
    except GkError as error:
        return _failed(error.message)
    except Exception:
        number = secrets.token_hex(4).upper()
        log.exception("job %s of kind %s failed, error number %s", context.public_id, context.kind, number)
        return _failed(f"处理时出错，没有完成。请重试，仍不成功请把错误编号 {number} 告诉系统管理员。")
    return {
        "state": states.DONE,
        "progress": 100,
        "message": result.message,
        "result_sha256": result.sha256,
        "result_name": result.name,
        "finished_at": clock.now(),
    }


def _failed(message: str) -> dict[str, object]:
    return {"state": states.FAILED, "message": message, "finished_at": clock.now()}


@contextmanager
def _heartbeat(context: JobContext) -> Iterator[None]:
    """Signs of life while the handler is busy with something that reports no progress."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT_S):
            try:
                context.update(heartbeat_at=clock.now())
            except Exception:  # a busy or full database: the next beat tries again
                log.warning("heartbeat of job %s not written", context.public_id)
        db.database.close()

    thread = threading.Thread(target=beat, name="job-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def put_back(stale_s: float = states.STALE_S) -> int:
    """Queue what a crash left: running jobs of dead processes, waiting jobs whose message was lost.

    Returns how many were queued. Called at start-up and every half minute.
    """
    db.connect()
    limit = clock.now() - timedelta(seconds=stale_s)
    for job in Job.select().where(Job.state == states.RUNNING):
        if _is_dead(job.runner) or (job.heartbeat_at or job.created_at) < limit:
            _release(job)
    lost_before = clock.now() - timedelta(seconds=LOST_AFTER_S)
    waiting = (
        Job.select(Job.public_id, Job.created_at, Job.attempts).where(Job.state == states.WAITING).order_by(Job.id)
    )
    queued = queue.current().ids()
    lost = [job.public_id for job in waiting if job.public_id not in queued and _is_lost(job, lost_before)]
    for public_id in lost:
        queue.current().push(public_id)
    return len(lost)


def _is_lost(job: Job, before: object) -> bool:
    """A job asked for this instant may be on its way into the queue; one that ran before is not."""
    return job.attempts > 0 or job.created_at <= before


def _release(job: Job) -> None:
    change: dict[str, object] = {"state": states.WAITING, "runner": ""}
    if job.attempts >= states.MAX_ATTEMPTS:
        change = _failed(_GIVEN_UP)
    with db.write_transaction():
        same = (Job.id == job.id) & (Job.state == states.RUNNING) & (Job.heartbeat_at == job.heartbeat_at)
        Job.update(**change).where(same).execute()


def _is_dead(runner: str) -> bool:
    """Whether the process is known to be gone; False when that cannot be told (another host, Windows)."""
    host, _, rest = runner.partition("/")
    number, _, token = rest.partition("/")
    if host != socket.gethostname() or not number.isdigit():
        return False
    if int(number) == os.getpid():
        return token != _TOKEN
    if os.name == "nt":
        return False  # os.kill would end the process there; its silence will tell
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # it lives, under another user
    return False


class JobRunner:
    """A thread that works through the jobs until `stop`; started by `serve` and by `worker`.

    With an `app`, handlers run in its application context and reach its services (core.services).
    """

    def __init__(self, app: Any = None, *, interval_s: float = 1.0, put_back_every_s: float = 30.0) -> None:
        self._context: Callable[[], AbstractContextManager[object]] = app.app_context if app else nullcontext
        self._interval_s = interval_s
        self._put_back_every_s = put_back_every_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin. A running thread is left alone."""
        if self._thread is None or not self._thread.is_alive():
            self._stopping.clear()
            self._thread = threading.Thread(target=self._loop, name="job-runner", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ask the job at hand to stop at its next report (it goes back to waiting), and end the thread."""
        self._stopping.set()
        wake()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _loop(self) -> None:
        next_look = 0.0
        while not self._stopping.is_set():
            try:
                if time.monotonic() >= next_look:
                    put_back()
                    next_look = time.monotonic() + self._put_back_every_s
                with self._context():
                    run_pending(self._stopping)
            except Exception:  # a full disk or a busy database must not end the thread (R7)
                log.exception("job runner")
                self._stopping.wait(self._interval_s)
            _work.wait(self._interval_s)
            _work.clear()
        db.database.close()
