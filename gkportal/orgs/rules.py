"""Who may change organisations: a unit its own contact data, an office everything below itself (S000-11 机构管理)."""

from __future__ import annotations

from gkportal.core.actor import Actor, Role
from gkportal.core.answer import YES, Answer, no
from gkportal.orgs.models import KINDS, Organization

#: What may hang below what (domain.md §3 route axis: 用人单位 → 主管部门 → 工考办).
PARENT_KINDS: dict[str, frozenset[str]] = {
    "office": frozenset({"office"}),
    "department": frozenset({"office"}),
    "unit": frozenset({"department", "office"}),
    "training": frozenset({"department", "office"}),
}


def is_office_manager(actor: Actor | None) -> bool:
    """Whether this kind of person keeps the tree: 单位管理员 or 批次管理员 of a 工考办."""
    return actor is not None and actor.org_kind == "office" and actor.has(Role.UNIT_ADMIN, Role.ROUND_ADMIN)


def can_edit_own(actor: Actor, organization: Organization) -> Answer:
    """Change telephone, address, contact of one's own organisation."""
    if organization.id != actor.org_id:
        return no("只能修改本单位的信息。")
    return YES if actor.has(Role.UNIT_ADMIN) else no("本单位信息由单位管理员维护。")


def can_manage(actor: Actor, organization: Organization) -> Answer:
    """Edit, move, deactivate an organisation below."""
    if not is_office_manager(actor):
        return no("机构由工考办的管理员维护，如需更正请联系工考办。")
    if not organization.path.startswith(actor.org_path):
        return no("这个单位不在您的管理范围内。")
    if organization.id == actor.org_id:
        return no("本机构由上级维护；联系方式请到“单位信息”修改。")
    return YES


def can_add_below(actor: Actor, parent: Organization, kind: str) -> Answer:
    """Put an organisation of `kind` below `parent`."""
    if not is_office_manager(actor) or not parent.path.startswith(actor.org_path):
        return no("只能把单位放在您管理范围内的机构下面。")
    if not parent.active:
        return no(f"“{parent.name}”已停用，请另选上级机构。")
    if parent.kind not in PARENT_KINDS.get(kind, frozenset()):
        wanted = "或".join(label for key, label in KINDS.items() if key in PARENT_KINDS.get(kind, frozenset()))
        return no(f"{KINDS.get(kind, '该类型')}的上级应是{wanted}，不能放在{KINDS[parent.kind]}下面。")
    return YES


def can_move(actor: Actor, organization: Organization, parent: Organization) -> Answer:
    """Hang an organisation under another parent; never below itself."""
    if parent.path.startswith(organization.path):
        return no("不能把机构移到它自己或它的下级下面。")
    return can_add_below(actor, parent, organization.kind)


def can_deactivate(actor: Actor, organization: Organization, active_below: int) -> Answer:
    """Take an organisation out of use."""
    allowed = can_manage(actor, organization)
    if allowed and active_below:
        return no(f"下面还有 {active_below} 个在用的机构，请先移走或停用它们。")
    return allowed
