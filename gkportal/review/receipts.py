"""办件回执: its contents, and the note that it was printed."""

from __future__ import annotations

from datetime import datetime

from gkportal import audit
from gkportal.core import clock
from gkportal.core.actor import Actor
from gkportal.core.db import write_transaction
from gkportal.core.errors import Refused
from gkportal.documents.forms.receipt import Receipt, ReceiptPerson, receipt_context
from gkportal.review import handlers
from gkportal.review.models import Case
from gkportal.review.states import CASE_STATES, FINISHED_STATES
from gkportal.rounds.models import Round


def context(case: Case, *, printed_on: str) -> dict:
    """The receipt's context. Raises Refused before the first submission."""
    if case.submitted_at is None:
        raise Refused("这件还没有提交，提交后才能打印回执。")
    people = handlers.case_handler(case.kind).rows(case)
    state = case.holder_label or CASE_STATES[case.state][0]
    office = Round.get_by_id(case.round_id).office if case.round_id else None
    return receipt_context(
        Receipt(
            case_number=case.number,
            case_name=case.title,
            unit_name=case.unit.name,
            submitted_at=clock.format_minute(case.submitted_at),
            people=tuple(ReceiptPerson(row.name, row.trade, row.grade, row.mode) for row in people),
            state=state,
            clerk=case.contact_name or case.created_by_name,
            next_step=_next_step(case),
            phone=(case.holder.phone if case.holder else "") or (office.phone if office else ""),
            office=office.name if office else "",
            check_text=case.number,
            printed_on=printed_on,
        )
    )


def _next_step(case: Case) -> str:
    if case.state in FINISHED_STATES or case.holder is None:
        return "本办件已办结。"
    if case.state == "returned":
        return "请按审核意见修改后，在补正截止前重新提交。"
    return f"现由 {case.holder.name} 办理，{case.holder_label}。请留意“我的办件”中的审核结果。"


def note_printed(*, actor: Actor, now: datetime, case: Case) -> None:
    """Record who printed the receipt."""
    with write_transaction():
        audit.record(actor=actor, now=now, verb="case.receipt", subject=("case", case.id), case_id=case.id)
