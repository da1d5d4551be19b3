"""States of an application (X-15) and the only ways from one to another.

`move` is the one door: it updates only while the row still has the state and version the caller saw, so two
people can never both win. The caller owns the transaction and writes the audit event.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gkportal.core.errors import Conflict, Refused
from gkportal.declarations.models import Application

DRAFT = "draft"
IN_REVIEW = "in_review"
RETURNED = "returned"
APPROVED = "approved"
REJECTED = "rejected"
WITHDRAWN = "withdrawn"
CLOSED = "closed"

LABELS = {
    DRAFT: "待提交",
    IN_REVIEW: "待审核",
    RETURNED: "退回修改",
    APPROVED: "审核已通过",
    REJECTED: "审核未通过",
    WITHDRAWN: "已撤回",
    CLOSED: "逾期关闭",
}

#: States in which the unit works on the form and the materials.
EDITABLE = frozenset({DRAFT, RETURNED, WITHDRAWN})
#: States that end an application.
FINAL = frozenset({APPROVED, REJECTED, CLOSED})
#: States that keep "one live application per person and round" occupied; the others set `live` to NULL.
LIVE = frozenset({DRAFT, IN_REVIEW, RETURNED, WITHDRAWN, APPROVED})

#: (state, verb) → next state.
TRANSITIONS = {
    (DRAFT, "submit"): IN_REVIEW,
    (RETURNED, "submit"): IN_REVIEW,
    (WITHDRAWN, "submit"): IN_REVIEW,
    (IN_REVIEW, "withdraw"): WITHDRAWN,
    (IN_REVIEW, "pass"): IN_REVIEW,
    (IN_REVIEW, "return"): RETURNED,
    (IN_REVIEW, "approve"): APPROVED,
    (IN_REVIEW, "reject"): REJECTED,
    (DRAFT, "close"): CLOSED,
    (RETURNED, "close"): CLOSED,
    (WITHDRAWN, "close"): CLOSED,
}


def label(application: Application) -> str:
    """The state in words; in review the holder is named: `待区级审核`."""
    if application.state == IN_REVIEW and application.step_index is not None:
        step = next((item for item in application.route if item.get("index") == application.step_index), None)
        if step:
            return f"待{step['label']}"
    return LABELS.get(application.state, application.state)


def next_state(state: str, verb: str) -> str:
    """The state after `verb`. Raises Refused with the present state when the verb does not fit."""
    found = TRANSITIONS.get((state, verb))
    if found is None:
        raise Refused(f"当前状态为“{LABELS.get(state, state)}”，不能进行这项操作，请刷新页面查看最新状态。")
    return found


def move(application: Application, verb: str, *, now: datetime, **values: Any) -> None:
    """Take `application` through `verb` inside the caller's transaction, setting `values` on the way.

    Raises Refused when the verb does not fit the state, Conflict when somebody else was faster.
    """
    state = next_state(application.state, verb)
    values |= {"state": state, "updated_at": now, "live": 1 if state in LIVE else None}
    changed = (
        Application.update(version=Application.version + 1, **values)
        .where(
            (Application.id == application.id)
            & (Application.state == application.state)
            & (Application.version == application.version)
        )
        .execute()
    )
    if not changed:
        raise Conflict(f"{application.worker_name}的申报刚刚被其他人改动，请刷新页面后再操作。")
    for name, value in values.items():
        setattr(application, name, value)
    application.version += 1
