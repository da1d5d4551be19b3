"""Who acts: the signed-in person in one organisation, with the roles held there."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """Roles of a person in an organisation (X-02 … X-12). The value is stored; LABELS is shown."""

    CLERK = "clerk"
    UNIT_ADMIN = "unit_admin"
    REVIEWER = "reviewer"
    ROUND_ADMIN = "round_admin"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


ROLE_LABELS = {
    Role.CLERK: "经办人",
    Role.UNIT_ADMIN: "单位管理员",
    Role.REVIEWER: "审核员",
    Role.ROUND_ADMIN: "批次管理员",
    Role.SYSTEM_ADMIN: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDIT_ADMIN: "审计管理员",
}

#: The three separated administrators of GB/T 22239-2019 8.1.5: exclusive, and none sees business data.
SEPARATED_ADMINS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})


@dataclass(frozen=True, slots=True)
class Actor:
    """The person on whose behalf an operation runs.

    `org_path` is the organisation's place in the tree (`/1/4/9/`); what an actor may see lies below it.
    """

    user_id: int
    name: str
    org_id: int
    org_name: str
    org_kind: str
    org_level: str
    org_path: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    user_public_id: str = ""
    source: str = ""

    def has(self, *roles: Role) -> bool:
        """Whether the actor holds at least one of `roles`."""
        return not self.roles.isdisjoint(roles)

    @property
    def role_label(self) -> str:
        """The roles in words, most telling first."""
        return "、".join(label for role, label in ROLE_LABELS.items() if role in self.roles)


def system_actor(name: str = "系统") -> Actor:
    """The system itself (commands, clock-driven work); user_id 0 never matches a person."""
    return Actor(0, name, 0, "系统", "system", "system", "/", frozenset())
