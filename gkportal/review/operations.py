"""Cases and tasks: opening, projecting, marking items, deciding exactly once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gkportal import audit
from gkportal.core.actor import Actor
from gkportal.core.clock import format_minute
from gkportal.core.db import write_transaction
from gkportal.core.errors import Conflict, Invalid, NotFound, Refused
from gkportal.core.text import clean_text
from gkportal.orgs.models import Organization
from gkportal.review import handlers, rules
from gkportal.review.models import Case, ItemVerdict, ReviewTask
from gkportal.review.numbers import next_number
from gkportal.review.queries import fix_verdicts, get_task
from gkportal.review.states import DECISIONS, MAX_OPINION, MAX_REMARK, RETURN_TO, VERDICTS
from gkportal.roster.names import name_keys
from gkportal.rounds.models import Round


def open_case(
    *, actor: Actor, now: datetime, kind: str, title: str, round: Round | None, pack_id: str, unit: Organization
) -> Case:
    """A new 办件 in 暂存, held by its unit, with a number of the day (S000-96)."""
    with write_transaction():
        case = Case.create(
            number=next_number(now),
            kind=kind,
            title=title,
            round=round,
            pack_id=pack_id,
            unit=unit,
            holder=unit,
            holder_label="暂存",
            held_since=now,
            created_by_id=actor.user_id,
            created_by_name=actor.name,
            created_at=now,
            updated_at=now,
        )
        audit.record(actor=actor, now=now, verb="case.open", subject=("case", case.id), case_id=case.id)
        return case


def project_case(
    *, case_id: int, now: datetime, state: str, holder_id: int | None, holder_label: str, extra: str
) -> None:
    """Store what the feature says about its case, in the caller's transaction.

    `holder_id` None means nobody has to act any more. `held_since` moves only when holder or label change.
    """
    with write_transaction():
        case = Case.get_by_id(case_id)
        values = {"state": state, "holder": holder_id, "holder_label": holder_label, "extra": extra, "updated_at": now}
        if (case.holder_id, case.holder_label) != (holder_id, holder_label):
            values["held_since"] = now
        Case.update(version=Case.version + 1, **values).where(Case.id == case_id).execute()


def record_submission(
    *, actor: Actor, now: datetime, case: Case, contact_name: str, contact_phone: str, pledge_agreed: bool, pledge_text_hash: str
) -> None:  # fmt: skip
    """Note contact and 承诺书 on the case (S000-90, S000-91); the first submission sets 申请时间."""
    with write_transaction():
        Case.update(
            contact_name=contact_name,
            contact_phone=contact_phone,
            pledge_agreed=pledge_agreed,
            pledge_text_hash=pledge_text_hash,
            pledge_by_name=actor.name,
            pledge_at=now,
            submitted_at=Case.get_by_id(case.id).submitted_at or now,
            updated_at=now,
            version=Case.version + 1,
        ).where(Case.id == case.id).execute()


def open_task(
    *, now: datetime, case: Case, subject: tuple[str, int], submission: int, step_index: int, step_key: str,
    step_label: str, organization_id: int, unit_id: int, person_name: str, kind: str, grade: int, mode: str,
    trade_code: str, interested: Iterable[int] = (),
) -> ReviewTask:  # fmt: skip
    """Give one step to one organisation, in the caller's transaction.

    `interested` are user ids who must not decide it, e.g. who submitted it (避嫌); the opener of the case never may.
    """
    with write_transaction():
        return ReviewTask.create(
            case=case,
            subject_type=subject[0],
            subject_id=subject[1],
            submission=submission,
            step_index=step_index,
            step_key=step_key,
            step_label=step_label,
            organization=organization_id,
            unit=unit_id,
            person_name=person_name,
            person_initials=search_keys(person_name),
            kind=kind,
            grade=grade,
            mode=mode,
            trade_code=trade_code or "",
            interested=sorted({user for user in interested if user}),
            arrived_at=now,
        )


def search_keys(name: str) -> str:
    """Initials and spellings of a name in all readings, each after a space: ` bch bzh baichanghe …`."""
    return "".join(f" {key}" for key in name_keys(name))


def cancel_tasks(*, subject: tuple[str, int], now: datetime) -> int:
    """Take back the waiting task of a subject (withdrawn, closed), in the caller's transaction. Returns how many."""
    with write_transaction():
        return (
            ReviewTask.update(state="cancelled", decided_at=now, version=ReviewTask.version + 1)
            .where(
                (ReviewTask.subject_type == subject[0])
                & (ReviewTask.subject_id == subject[1])
                & (ReviewTask.state == "waiting")
            )
            .execute()
        )


def set_item_verdict(
    *, actor: Actor, now: datetime, task: ReviewTask, item_key: str, verdict: str, remark: str = ""
) -> ReviewTask:
    """Store 通过/需修改/不适用 for one item; an empty verdict clears it. Returns the task as it is now.

    Raises Invalid without a remark for 需修改, Conflict when the task has been decided, Refused by the rule.
    """
    with write_transaction():
        current = _fresh(actor, task)
        _demand_open(actor, current)
        if item_key not in {item.key for item in handlers.subject_handler(current).items(current)}:
            raise NotFound("没有这一项，请刷新页面后再审。")
        store_verdict(actor=actor, now=now, task=current, item_key=item_key, verdict=verdict, remark=remark)
        return _fresh(actor, task)


def store_verdict(*, actor: Actor, now: datetime, task: ReviewTask, item_key: str, verdict: str, remark: str) -> None:
    """The write behind `set_item_verdict`, for a task already checked."""
    remark = clean_text(remark, MAX_REMARK)
    if verdict and verdict not in VERDICTS:
        raise Invalid("请选择“通过”“需修改”或“不适用”。", {"verdict": ["请选择一项意见。"]})
    if verdict == "fix" and not remark:
        raise Invalid("请写明这一项需要怎样修改。", {"remark": ["请写明需要怎样修改，写明后才会保存本项意见。"]})
    old = ItemVerdict.get_or_none((ItemVerdict.task == task.id) & (ItemVerdict.item_key == item_key))
    if (old.verdict, old.remark) == (verdict, remark) if old else not verdict:
        return
    ItemVerdict.delete().where((ItemVerdict.task == task.id) & (ItemVerdict.item_key == item_key)).execute()
    if verdict:
        ItemVerdict.create(
            task=task.id,
            item_key=item_key,
            verdict=verdict,
            remark=remark,
            at=now,
            by_id=actor.user_id,
            by_name=actor.name,
        )
    _note_marker(actor, task, now)


def _note_marker(actor: Actor, task: ReviewTask, now: datetime) -> None:
    """Another pair of hands on the verdicts makes pages opened before stale (R18)."""
    changed = {"marked_by_id": actor.user_id, "marked_by_name": actor.name, "marked_at": now}
    if task.marked_by_id != actor.user_id:
        changed["version"] = ReviewTask.version + 1
    ReviewTask.update(**changed).where(ReviewTask.id == task.id).execute()


def decide(
    *,
    actor: Actor,
    now: datetime,
    task: ReviewTask,
    version: int,
    decision: str,
    return_to: str = "unit",
    opinion: str = "",
    item: tuple[str, str, str] = ("", "", ""),
) -> ReviewTask:
    """Decide a waiting task: pass, return (to unit or previous step) or reject. Exactly one call wins.

    The same reviewer sending the same decision again gets the decided task back (double click, F5: R17). Anybody
    else, and anybody with a page opened before the last change, gets Conflict saying who did what when (R19).
    `item` is (key, verdict, remark) of the item that is open beside the decision and stored with it; key "" for none.
    Raises Invalid for input that breaks a rule, Refused for people who may not.
    """
    opinion = clean_text(opinion, MAX_OPINION)
    with write_transaction():
        current = _fresh(actor, task)
        if is_repetition(actor, current, decision):
            return current
        _demand_open(actor, current)
        if item[0] and item[1]:
            set_item_verdict(actor=actor, now=now, task=current, item_key=item[0], verdict=item[1], remark=item[2])
        fixes = fix_verdicts(current)
        _check_decision(current, decision, return_to, opinion, fixes)
        return_to = return_to if decision == "return" else ""
        _win(actor, current, version, {"decision": decision, "return_to": return_to, "opinion": opinion}, now)
        decided = _fresh(actor, task)
        _audit_decision(actor, decided, fixes, now)
        handlers.subject_handler(decided).decided(decided, actor=actor, now=now)
        return decided


def is_repetition(actor: Actor, task: ReviewTask, decision: str) -> bool:
    """Whether this decision has already been taken by the same person."""
    return task.state == "done" and task.decided_by_id == actor.user_id and task.decision == decision


def _fresh(actor: Actor, task: ReviewTask) -> ReviewTask:
    return get_task(actor, task.public_id)


def _demand_open(actor: Actor, task: ReviewTask) -> None:
    if task.state != "waiting":
        raise Conflict(rules.outcome_sentence(task), details=task)
    answer = rules.can_review(actor, task)
    if not answer:
        raise Refused(answer.reason)


def _check_decision(task: ReviewTask, decision: str, return_to: str, opinion: str, fixes: dict[str, str]) -> None:
    if decision not in DECISIONS:
        raise Invalid("请选择审核通过、退回修改或审核不通过。", {"decision": ["请选择一种决定。"]})
    if decision == "pass" and fixes:
        raise Invalid(f"有 {len(fixes)} 项需修改，不能直接通过；请退回修改，或先改正这些项的意见。")
    if decision == "reject" and not opinion:
        raise Invalid("审核不通过必须填写办理意见，说明原因。", {"opinion": ["请填写不通过的原因。"]})
    if decision != "return":
        return
    if return_to not in RETURN_TO:
        raise Invalid("请选择退回到哪里。", {"return_to": ["请选择退回到用人单位或上一审核环节。"]})
    if not fixes and not opinion:
        raise Invalid(
            "退回修改必须说明要改什么：请把要改的项标为“需修改”，或填写办理意见。",
            {"opinion": ["请填写要修改什么，或先在有问题的项上选择“需修改”。"]},
        )
    if return_to == "previous":
        answer = handlers.subject_handler(task).can_return_to_previous(task)
        if not answer:
            raise Invalid(answer.reason, {"return_to": [answer.reason]})


def _win(actor: Actor, task: ReviewTask, version: int, values: dict[str, str], now: datetime) -> None:
    """The one door: only a waiting task at the version seen is decided."""
    seen = (ReviewTask.version == version) | (
        # The reviewer's own first mark moved the version by one after the page was made.
        (ReviewTask.version == version + 1) & (ReviewTask.marked_by_id == actor.user_id)
    )
    won = (
        ReviewTask.update(
            state="done",
            decided_at=now,
            decided_by_id=actor.user_id,
            decided_by_name=actor.name,
            version=ReviewTask.version + 1,
            **values,
        )
        .where((ReviewTask.id == task.id) & (ReviewTask.state == "waiting") & seen)
        .execute()
    )
    if not won:
        who, when = task.marked_by_name or "其他审核员", task.marked_at or now
        raise Conflict(f"{who} 于 {format_minute(when)} 修改了这件的审核意见，请核对最新意见后再决定。", details=task)


def _audit_decision(actor: Actor, task: ReviewTask, fixes: dict[str, str], now: datetime) -> None:
    titles = {item.key: item.title for item in handlers.subject_handler(task).items(task)} if fixes else {}
    audit.record(
        actor=actor,
        now=now,
        verb=f"review.{task.decision}",
        subject=(task.subject_type, task.subject_id),
        case_id=task.case_id,
        detail={
            "task": task.id,
            "step": task.step_label,
            "person": task.person_name,
            "submission": task.submission,
            "opinion": task.opinion,
            "return_to": task.return_to,
            "items": [{"key": key, "title": titles.get(key, key), "remark": remark} for key, remark in fixes.items()],
        },
    )
