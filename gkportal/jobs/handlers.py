"""What feature packages register: one function per kind of job."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gkportal.core import clock, db
from gkportal.jobs import states
from gkportal.jobs.models import Job

#: Progress is written at most this often, seconds: a write is an fsync.
WRITE_EVERY_S = 0.5


class JobInterrupted(Exception):
    """The server stops, or another process took the job over. Handlers let it pass."""


@dataclass(frozen=True, slots=True)
class JobResult:
    """A finished job's sentence, and the file in the store to fetch (`name` is its download name), if any."""

    message: str = ""
    sha256: str | None = None
    name: str = ""


@dataclass(slots=True)
class JobContext:
    """What a handler gets. A handler may run twice after a crash and must then give the same outcome."""

    job_id: int
    public_id: str
    kind: str
    params: dict[str, Any]
    owner_user_id: int
    organization_id: int
    attempts: int
    runner: str
    stopping: threading.Event = field(default_factory=threading.Event)
    _written: float = 0.0

    def progress(self, done: int, total: int | None = None, message: str | None = None) -> None:
        """Tell how far the work is; cheap to call per row. Raises JobInterrupted when it should stop here."""
        if self.stopping.is_set():
            raise JobInterrupted
        moment = time.monotonic()
        if moment - self._written < WRITE_EVERY_S:
            return
        self._written = moment
        changes: dict[str, Any] = {"heartbeat_at": clock.now()}
        if total is not None:
            changes["total"] = total
            changes["progress"] = min(99, done * 100 // total) if total else 0
        if message is not None:
            changes["message"] = message[:200]
        if not self.update(**changes):
            raise JobInterrupted

    def update(self, **changes: Any) -> bool:
        """Write fields of the job if this process still holds it; False when it does not."""
        with db.write_transaction():
            mine = (Job.id == self.job_id) & (Job.state == states.RUNNING) & (Job.runner == self.runner)
            return Job.update(**changes).where(mine).execute() == 1


Handler = Callable[[JobContext], JobResult | None]
_handlers: dict[str, Handler] = {}


def job_handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the decorated function for jobs of `kind` (`package.verb`, e.g. `roster.export`)."""

    def register(handler: Handler) -> Handler:
        if _handlers.setdefault(kind, handler) is not handler:
            raise ValueError(f"two handlers for job kind {kind}")
        return handler

    return register


def handler_of(kind: str) -> Handler | None:
    """The handler of `kind`, None when no package registered one."""
    return _handlers.get(kind)
