"""Recording and checking the chain."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from gkportal.audit.models import AuditEvent
from gkportal.core.actor import Actor
from gkportal.core.db import in_transaction
from gkportal.core.text import mask_in_text

_FIRST = "0" * 64


def record(
    *,
    actor: Actor,
    now: datetime,
    verb: str,
    subject: tuple[str, int],
    case_id: int | None = None,
    worker_id: int | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Append one event inside the caller's transaction; an action that cannot be audited is not done.

    `subject` is (type, row id). `detail` holds before/after or the opinion; ID numbers in it are masked.
    """
    if not in_transaction():
        raise RuntimeError("audit events belong into the transaction of their change")
    last = AuditEvent.select(AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1).scalar()
    values: dict[str, Any] = {
        "at": now,
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "org_id": actor.org_id,
        "org_name": actor.org_name,
        "verb": verb,
        "subject_type": subject[0],
        "subject_id": subject[1],
        "case_id": case_id,
        "worker_id": worker_id,
        "detail": json.loads(mask_in_text(json.dumps(detail or {}, ensure_ascii=False, default=str))),
        "source": actor.source,
        "previous_hash": last or _FIRST,
    }
    AuditEvent.insert(**values, hash=_digest(values)).execute()


def _digest(values: dict[str, Any]) -> str:
    plain = {**values, "at": AuditEvent.at.db_value(values["at"])}
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def verify_chain() -> int | None:
    """The id of the first event that does not fit, or None when the chain is whole."""
    previous = _FIRST
    columns = [name for name in AuditEvent._meta.sorted_field_names if name not in ("id", "hash")]
    for event in AuditEvent.select().order_by(AuditEvent.id).iterator():
        values = {name: getattr(event, name) for name in columns}
        if event.previous_hash != previous or event.hash != _digest(values):
            return event.id
        previous = event.hash
    return None


def describe_chain() -> str:
    """One Chinese sentence on the state of the chain."""
    broken = verify_chain()
    if broken is None:
        return f"审计记录完整，共 {AuditEvent.select().count()} 条。"
    return f"审计记录第 {broken} 条与前后不符，可能被改动，请立即联系审计管理员。"
