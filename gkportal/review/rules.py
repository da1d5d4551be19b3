"""Who may review what, and why not."""

from __future__ import annotations

from collections.abc import Mapping

from gkportal.core import clock
from gkportal.core.actor import Actor, Role
from gkportal.core.answer import YES, Answer, no
from gkportal.review.models import ReviewTask
from gkportal.review.states import DECISIONS


def outcome_sentence(task: ReviewTask) -> str:
    """What became of a task that is no longer waiting: who, what, when."""
    if task.state == "cancelled":
        when = f"于 {clock.format_minute(task.decided_at)} " if task.decided_at else ""
        return f"这件待办已{when}撤回，不再需要审核。"
    who = task.decided_by_name or "审核员"
    return f"{who} 已于 {clock.format_minute(task.decided_at)} 作出决定：{DECISIONS[task.decision]}。"


def can_review(actor: Actor, task: ReviewTask) -> Answer:
    """Whether the actor may give verdicts and decide (S001-14; 避嫌: not on one's own declaration)."""
    if task.organization_id != actor.org_id or not actor.has(Role.REVIEWER):
        return no("只有负责这一环节的单位的审核员可以办理。")
    if actor.user_id == task.case.created_by_id or actor.user_id in (task.interested or []):
        return no("这件申报由您本人经办或提交，按避嫌要求请本单位其他审核员办理。")
    if task.state != "waiting":
        return no(outcome_sentence(task))
    return YES


def can_pass(actor: Actor, task: ReviewTask, fixes: Mapping[str, str]) -> Answer:
    """审核通过 is closed while an item is marked 需修改."""
    answer = can_review(actor, task)
    if answer and fixes:
        return no(f"有 {len(fixes)} 项需修改，不能直接通过")
    return answer
