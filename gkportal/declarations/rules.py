"""What may be done with an application now, and if not, why: the text beside a greyed button.

A draft may always be saved, also after the deadline (暂存 is never refused, peers.md W6); it is adding people and
submitting that end with the window. After a return only the named items open again (peers.md W12).
"""

from __future__ import annotations

from datetime import datetime

from gkportal.core.actor import Actor, Role
from gkportal.core.answer import YES, Answer, no
from gkportal.declarations import states
from gkportal.declarations.models import Application
from gkportal.orgs.models import Organization
from gkportal.rounds.models import Round, RoundWindow
from gkportal.rounds.rules import can_submit

_CLERK_ONLY = "只有本单位经办人可以办理申报，请用经办人账号登录。"


def _clerk_of(actor: Actor, unit_id: int) -> Answer:
    if actor.org_id != unit_id or not actor.has(Role.CLERK):
        return no(_CLERK_ONLY)
    return YES


def can_add(
    actor: Actor, unit: Organization, round_: Round | None, window: RoundWindow | None, now: datetime,
    late_until: datetime | None = None,
) -> Answer:  # fmt: skip
    """May people be added to the unit's declaration of this window, or under its late exception?"""
    clerk = _clerk_of(actor, unit.id)
    if not clerk:
        return clerk
    if round_ is None:
        return no("目前没有开放的年度批次，请等待工考办发布通知。")
    return can_submit(window, now, late_until=late_until)


def can_edit(actor: Actor, application: Application) -> Answer:
    """May the form and the materials be changed?"""
    clerk = _clerk_of(actor, application.unit_id)
    if not clerk:
        return clerk
    if application.state not in states.EDITABLE:
        return no(f"当前状态为“{states.label(application)}”，不能修改；要修改请先撤回，或等待退回。")
    return YES


def can_edit_section(actor: Actor, application: Application, section: str) -> Answer:
    """May this section of the form be changed? After a return only the named items open."""
    answer = can_edit(actor, application)
    if not answer:
        return answer
    unlocked = application.unlocked
    named = unlocked is None or f"section:{section}" in unlocked or "form" in unlocked
    if application.state == states.RETURNED and not named:
        return no("这次退回没有要求修改这一部分，保持原样。")
    return YES


def can_change(actor: Actor, application: Application) -> Answer:
    """May grade, trade or mode be changed? Only before the first submission or after a withdrawal."""
    answer = can_edit(actor, application)
    if not answer:
        return answer
    if application.state == states.RETURNED:
        return no("退回修改时不能更换申报工种、等级和方式；确需更换请联系审核单位。")
    return YES


def can_remove(actor: Actor, application: Application) -> Answer:
    """May the person be taken out of the case (S000-73)?"""
    clerk = _clerk_of(actor, application.unit_id)
    if not clerk:
        return clerk
    if application.state != states.DRAFT:
        return no(f"当前状态为“{states.label(application)}”，不能删除；只有待提交的人员可以删除。")
    if application.submission:
        return no("已经提交过的申报要留痕，不能删除。")
    return YES


def can_print(actor: Actor, application: Application) -> Answer:
    """May the 审批表 be printed as a new official version?"""
    clerk = _clerk_of(actor, application.unit_id)
    if not clerk:
        return clerk
    if application.state not in states.EDITABLE:
        return no(f"当前状态为“{states.label(application)}”，只能下载已打印的版本。")
    return YES
