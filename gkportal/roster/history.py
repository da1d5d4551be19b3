"""历史: what happened to a worker, from the audit events that name the worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gkportal.audit import AuditEvent

_LABELS: dict[str, str] = {"worker.id_revealed": "查看公民身份号码"}
SHOWN = 50


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One event in words."""

    at: datetime
    text: str
    actor_name: str
    org_name: str


def register(verb: str, label: str) -> None:
    """Give the Chinese words of a verb whose events carry a worker id."""
    _LABELS[verb] = label


def of_worker(worker_id: int) -> list[HistoryEntry]:
    """The newest SHOWN events, newest first; one query."""
    events = AuditEvent.select().where(AuditEvent.worker_id == worker_id).order_by(AuditEvent.id.desc()).limit(SHOWN)
    return [
        HistoryEntry(event.at, _LABELS.get(event.verb, "其他办理记录"), event.actor_name, event.org_name)
        for event in events
    ]
