"""Who may do what with accounts and roles. Reasons are shown beside greyed buttons.

An account is managed by the 单位管理员 of its own organisation, by the 单位管理员 of an office (工考办) above it
(S001-36), and by the 安全管理员 (等保 8.1.5.3). A 单位管理员 manages only accounts whose roles he could have given:
otherwise resetting a password would be a way to more power.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gkportal.core.actor import ROLE_LABELS, SEPARATED_ADMINS, Actor, Role
from gkportal.core.answer import YES, Answer, no
from gkportal.orgs.models import Organization

#: Roles a 单位管理员 gives, by kind of organisation (S000-11, X-02 … X-05).
ORDINARY_ROLES: dict[str, tuple[Role, ...]] = {
    "unit": (Role.CLERK, Role.UNIT_ADMIN),
    "training": (Role.CLERK, Role.UNIT_ADMIN),
    "department": (Role.REVIEWER, Role.CLERK, Role.UNIT_ADMIN),
    "office": (Role.REVIEWER, Role.UNIT_ADMIN),
}
#: Further roles that only the 安全管理员 gives, in offices.
OFFICE_ROLES = (Role.ROUND_ADMIN, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)


@dataclass(frozen=True, slots=True)
class Account:
    """What a rule needs to know of an account; built without a query per row."""

    user_id: int
    org_id: int
    org_kind: str
    org_path: str
    org_active: bool
    roles: frozenset[Role]
    active: bool


def is_system(actor: Actor) -> bool:
    """The command line, on the server's console."""
    return actor.user_id == 0 and actor.org_kind == "system"


def scope_path(actor: Actor) -> str | None:
    """Path below which the actor sees accounts; None when it is only the actor's own organisation."""
    above = actor.has(Role.SECURITY_ADMIN) or (actor.has(Role.UNIT_ADMIN) and actor.org_kind == "office")
    return actor.org_path if above or is_system(actor) else None


def can_see_accounts(actor: Actor, org_id: int, org_path: str) -> Answer:
    """Whether the accounts of an organisation are visible to the actor."""
    if is_system(actor):
        return YES
    if not actor.has(Role.UNIT_ADMIN, Role.SECURITY_ADMIN):
        return no("只有单位管理员和安全管理员可以管理账号。")
    below = scope_path(actor)
    if org_id == actor.org_id or (below is not None and org_path.startswith(below)):
        return YES
    return no("这个单位不在您的管理范围内。")


def assignable_roles(actor: Actor, org_kind: str) -> tuple[Role, ...]:
    """Roles the actor may give in an organisation of this kind."""
    ordinary = ORDINARY_ROLES.get(org_kind, ())
    if is_system(actor) or actor.has(Role.SECURITY_ADMIN):
        return ordinary + (OFFICE_ROLES if org_kind == "office" else ())
    return ordinary if actor.has(Role.UNIT_ADMIN) else ()


def can_create(actor: Actor, organization: Organization) -> Answer:
    """Make an account in an organisation."""
    seen = can_see_accounts(actor, organization.id, organization.path)
    if not seen:
        return seen
    return YES if organization.active else no("这个单位已停用，不能新增账号。")


def can_manage(actor: Actor, account: Account) -> Answer:
    """Edit, reset, unlock, disable, end sessions."""
    if actor.user_id == account.user_id and not is_system(actor):
        return no("这是您自己的账号，请到“账号设置”修改；角色和停用请找另一位管理员。")
    seen = can_see_accounts(actor, account.org_id, account.org_path)
    if not seen:
        return seen
    beyond = account.roles - set(assignable_roles(actor, account.org_kind))
    if beyond:
        names = "、".join(label for role, label in ROLE_LABELS.items() if role in beyond)
        return no(f"此账号还担任{names}，请由安全管理员处理。")
    return YES


def can_reset(actor: Actor, account: Account) -> Answer:
    """Give a new one-time password."""
    allowed = can_manage(actor, account)
    if not allowed:
        return allowed
    return YES if account.active else no("账号已停用，请先启用。")


def check_roles(roles: Collection[Role]) -> Answer:
    """Whether one account may hold these roles together (等保 8.1.5: three separated administrators)."""
    separated = set(roles) & SEPARATED_ADMINS
    if separated and len(set(roles)) > 1:
        return no("系统管理员、安全管理员、审计管理员必须由不同的账号担任，也不能兼任业务角色。")
    return YES


def can_grant(actor: Actor, account: Account, role: Role, organization: Organization, held: Collection[Role]) -> Answer:
    """Give `role` in `organization` to an account that holds the roles `held` anywhere."""
    if not actor.has(Role.SECURITY_ADMIN) and not is_system(actor):
        return no("只有安全管理员可以跨单位授予角色。")
    if actor.user_id == account.user_id and not is_system(actor):
        return no("不能给自己授予角色，请由另一位安全管理员办理。")
    if not organization.active:
        return no("这个单位已停用，不能在其中授予角色。")
    if role not in assignable_roles(actor, organization.kind):
        return no(f"这类单位没有“{ROLE_LABELS[role]}”这个角色。")
    return check_roles({*held, role})


def can_revoke(actor: Actor, account: Account) -> Answer:
    """Take a role away."""
    if not actor.has(Role.SECURITY_ADMIN) and not is_system(actor):
        return no("只有安全管理员可以收回角色。")
    if actor.user_id == account.user_id and not is_system(actor):
        return no("不能收回自己的角色，请由另一位安全管理员办理。")
    return YES
