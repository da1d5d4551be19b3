"""Submitting and withdrawing (S000-88…91, S001-43): all ticked people or none, in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from gkportal import audit
from gkportal.core.actor import Actor
from gkportal.core.db import write_transaction
from gkportal.core.errors import Conflict, Invalid
from gkportal.core.text import clean_line
from gkportal.declarations import projection, readiness, rules, snapshots, states
from gkportal.declarations.models import Application
from gkportal.declarations.readiness import Readiness
from gkportal.orgs.queries import supervisor
from gkportal.policy import Pack, load_pack
from gkportal.review import operations as review
from gkportal.review.models import Case, ReviewTask

SUBJECT = "application"
_PHONE = set("0123456789-+ ()转")


@dataclass(frozen=True, slots=True)
class Contact:
    """联系人信息 (S000-91)."""

    name: str
    phone: str


def read_contact(name: str, phone: str) -> Contact:
    """Clean and check 联系人信息. Raises Invalid with a sentence per field."""
    contact = Contact(clean_line(name, 30), clean_line(phone, 30))
    problems = {}
    if not contact.name:
        problems["contact_name"] = ["请填写经办人姓名。"]
    digits = sum(char.isdigit() for char in contact.phone)
    if not contact.phone:
        problems["contact_phone"] = ["请填写联系电话，以便审核单位联系。"]
    elif set(contact.phone) - _PHONE or not 7 <= digits <= 20:
        problems["contact_phone"] = [f"联系电话“{contact.phone}”不像电话号码，请填写手机号码或带区号的座机。"]
    if problems:
        raise Invalid("联系人信息没有填对。", problems)
    return contact


def pledge_hash(pack: Pack) -> str:
    """Which 承诺书 was agreed to: hash of its whole text."""
    pledge = pack.texts.pledge
    return hashlib.sha256("\n".join((pledge.title, pledge.intro, *pledge.points)).encode()).hexdigest()


def resolve_route(application: Application, pack: Pack) -> list[dict]:
    """The pack's steps with the organisations that take them; steps nobody holds are left out (S002-111).

    Raises Invalid when nobody at all would review.
    """
    unit = application.unit
    route: list[dict] = []
    for step in pack.route(unit.level, application.kind, application.grade):
        organization = supervisor(unit, step.reviewer)
        if organization is None or any(item["organization_id"] == organization.id for item in route):
            continue
        route.append(
            {
                "index": len(route), "key": step.key, "label": step.label, "organization_id": organization.id,
                "organization_name": organization.name, "working_days": step.working_days,
            }
        )  # fmt: skip
    if not route:
        raise Invalid("本单位上面没有可以审核的主管部门或工考办，请联系工考办在“机构管理”中设置。")
    return route


def decline_pledge(*, actor: Actor, now: datetime, case: Case) -> None:
    """Record that the 承诺书 was read and not agreed to; nothing is submitted (S000-89)."""
    with write_transaction():
        audit.record(
            actor=actor, now=now, verb="case.pledge_declined", subject=("case", case.id), case_id=case.id,
            detail={"pledge": pledge_hash(load_pack(case.pack_id))},
        )  # fmt: skip


def submit(
    *, actor: Actor, now: datetime, case: Case, applications: list[Application], contact: Contact
) -> list[Application]:
    """Submit people of one case. Raises Invalid naming everybody who is not ready; then nothing is submitted.

    Who has been submitted already by the same clerk is passed over, so a double click or F5 does no harm (R17).
    """
    fresh = _reload(case, [item.id for item in applications])
    pending = [item for item in fresh if item.state != states.IN_REVIEW]
    if not pending:
        return fresh
    for item in pending:
        rules.can_edit(actor, item).demand()
    checked = readiness.check(pending, case, now)
    _demand_ready(pending, checked)
    pack = load_pack(case.pack_id)
    with write_transaction():
        review.record_submission(
            actor=actor, now=now, case=case, contact_name=contact.name, contact_phone=contact.phone,
            pledge_agreed=True, pledge_text_hash=pledge_hash(pack),
        )  # fmt: skip
        for item in pending:
            _submit_one(actor, now, case, item, checked[item.id], pack)
        projection.project(case.id, now)
    return fresh


def _reload(case: Case, ids: list[int]) -> list[Application]:
    from gkportal.declarations.queries import applications_of

    return applications_of(case, ids=ids)


def _demand_ready(pending: list[Application], checked: dict[int, Readiness]) -> None:
    problems = {item.public_id: checked[item.id].blockers for item in pending if not checked[item.id].ready}
    if problems:
        names = "、".join(item.worker_name for item in pending if item.public_id in problems)
        raise Invalid(f"有 {len(problems)} 人还不能提交：{names}。请按提示改好，或取消勾选后提交其余人员。", problems)


def _submit_one(
    actor: Actor, now: datetime, case: Case, application: Application, ready: Readiness, pack: Pack
) -> None:
    route = resolve_route(application, pack)
    again = application.submission > 0
    snapshot = snapshots.take(ready.dossier, ready.board, ready.verdict, ready.print_status.version)
    if application.form_version != ready.dossier.application.form_version:
        raise Conflict(f"{application.worker_name}的申报刚刚被其他人改动，请刷新页面核对后再提交。")
    changed = snapshots.changes(snapshot, application.snapshot)
    states.move(
        application, "submit", now=now, submission=application.submission + 1, route=route, step_index=0,
        submitted_at=now, unlocked=None, feedback="", previous_snapshot=application.snapshot, snapshot=snapshot,
        eligibility=snapshot["eligibility"],
    )  # fmt: skip
    open_step(now, case, application, 0, interested=(actor.user_id,))
    audit.record(
        actor=actor, now=now, verb="application.resubmitted" if again else "application.submitted",
        subject=(SUBJECT, application.id), case_id=case.id, worker_id=application.worker_id,
        detail={
            "person": application.worker_name, "submission": application.submission,
            "changes": [f"{change.place}：{change.before} → {change.after}" for _, change in changed][:20],
            "eligibility": snapshot["eligibility"]["outcome"], "override": application.override_reason,
        },
    )  # fmt: skip


def open_step(
    now: datetime, case: Case, application: Application, index: int, *, interested: tuple[int, ...] = ()
) -> ReviewTask:
    """Give a step of the application's own route to its organisation, in the caller's transaction."""
    step = application.route[index]
    return review.open_task(
        now=now, case=case, subject=(SUBJECT, application.id), submission=application.submission, step_index=index,
        step_key=step["key"], step_label=step["label"], organization_id=step["organization_id"],
        unit_id=application.unit_id, person_name=application.worker_name, kind=application.kind,
        grade=application.grade, mode=application.mode, trade_code=application.trade_code, interested=interested,
    )  # fmt: skip


def can_withdraw(actor: Actor, application: Application):
    """Withdrawal is possible until somebody has decided anything about this submission."""
    from gkportal.core.actor import Role
    from gkportal.core.answer import YES, no

    if actor.org_id != application.unit_id or not actor.has(Role.CLERK):
        return no("只有本单位经办人可以撤回。")
    if application.state != states.IN_REVIEW:
        return no(f"当前状态为“{states.label(application)}”，不需要撤回。")
    decided = ReviewTask.select().where(
        (ReviewTask.subject_type == SUBJECT) & (ReviewTask.subject_id == application.id)
        & (ReviewTask.submission == application.submission) & (ReviewTask.state == "done")
    )  # fmt: skip
    return no("已开始审核，不能撤回；如需修改，请联系审核单位退回。") if decided.exists() else YES


def withdraw(*, actor: Actor, now: datetime, case: Case, application: Application) -> None:
    """Take a submitted application back before the first decision; it can be changed and submitted again."""
    with write_transaction():
        can_withdraw(actor, application).demand()
        states.move(application, "withdraw", now=now, step_index=None)
        if not review.cancel_tasks(subject=(SUBJECT, application.id), now=now):
            raise Conflict("审核单位刚刚作出决定，不能撤回，请刷新页面查看结果。")
        audit.record(
            actor=actor, now=now, verb="application.withdrawn", subject=(SUBJECT, application.id), case_id=case.id,
            worker_id=application.worker_id, detail={"person": application.worker_name},
        )  # fmt: skip
        projection.project(case.id, now)
