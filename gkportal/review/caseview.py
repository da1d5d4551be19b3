"""What the pages of a case show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gkportal.audit import AuditEvent
from gkportal.core import clock
from gkportal.core.actor import Actor
from gkportal.core.answer import Answer, no
from gkportal.review import handlers, queries, timeline
from gkportal.review.handlers import CasePerson, Stage
from gkportal.review.labels import labels_of
from gkportal.review.models import Case, ReviewTask
from gkportal.review.states import CASE_STATES, FINISHED_STATES

#: Facts that the page shows of every case; a handler need not repeat them.
_OWN_FACTS = frozenset({"申报单位", "用人单位", "年度批次", "申请时间", "经办人", "承诺书", "扩展信息"})


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A line of the list in words."""

    case: Case
    state_label: str
    tone: str
    icon: str
    holder: str
    held_days: int
    unit_name: str


@dataclass(frozen=True, slots=True)
class Progress:
    """查看进度."""

    row: CaseRow
    stages: list[Stage]
    entries: list[timeline.Entry]
    edit: Answer
    edit_url: str
    working_days: int | None
    phone: str


@dataclass(frozen=True, slots=True)
class Detail:
    """办件详情: progress, facts, people, and who reviewed what for whom (S001-14)."""

    progress: Progress
    facts: list[tuple[str, str]]
    people: list[CasePerson]
    steps: list[ReviewTask]
    fixes: dict[int, list[dict[str, str]]]


def row(actor: Actor, case: Case, now: datetime) -> CaseRow:
    """State, holder and days of a case in words. No query when names came along with the case."""
    label, tone, icon = CASE_STATES.get(case.state, (case.state, "", "question-circle"))
    if case.state in ("in_review", "done", "closed"):
        label = case.holder_label or label
    since = case.held_since or case.updated_at
    days = max(0, (clock.local(now).date() - clock.local(since).date()).days)
    return CaseRow(case, label, tone, icon, _holder(actor, case), days, _name(case, "unit"))


def _holder(actor: Actor, case: Case) -> str:
    if case.holder_id is None:
        return "已办结" if case.state in FINISHED_STATES else "—"
    return "本单位" if case.holder_id == actor.org_id else _name(case, "holder")


def _name(case: Case, which: str) -> str:
    """The organisation's name, from the list query or from the joined row."""
    found = getattr(case, f"{which}_name", None)
    return found if found is not None else getattr(case, which).name


def progress(actor: Actor, case: Case, now: datetime) -> Progress:
    """Stages, holder, record."""
    handler = handlers.case_handler(case.kind)
    edit = handler.edit_answer(actor, case) if case.unit_id == actor.org_id else no("这是下级单位的办件。")
    step = next((task.step_key for task in waiting_steps(case)), "")
    return Progress(
        row=row(actor, case, now),
        stages=handler.stages(case),
        entries=timeline.for_case(case),
        edit=edit,
        edit_url=handler.open_url(case) if edit.ok else "",
        working_days=labels_of(case.pack_id).working_days(step) if step else None,
        phone=case.holder.phone if case.holder else "",
    )


def waiting_steps(case: Case) -> list[ReviewTask]:
    """One waiting task of the case, if any."""
    return list(ReviewTask.select().where((ReviewTask.case == case.id) & (ReviewTask.state == "waiting")).limit(1))


def detail(actor: Actor, case: Case, now: datetime) -> Detail:
    """Everything about a case."""
    handler = handlers.case_handler(case.kind)
    return Detail(
        progress=progress(actor, case, now),
        facts=[fact for fact in handler.summary(case) if fact[0] not in _OWN_FACTS],
        people=handler.rows(case),
        steps=queries.steps_of_case(case),
        fixes=_fixes(case),
    )


def _fixes(case: Case) -> dict[int, list[dict[str, str]]]:
    """{task id: items to be corrected}, with the titles they had when they were returned."""
    events = AuditEvent.select().where((AuditEvent.case_id == case.id) & (AuditEvent.verb == "review.return"))
    return {event.detail["task"]: event.detail["items"] for event in events}
