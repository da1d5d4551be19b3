"""Which units' people an actor may see, in a shape that costs nothing at a million workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gkportal.core.actor import Actor, Role
from gkportal.orgs.models import Organization

#: The separated administrators (系统, 安全, 审计) are not among them: they never see business data.
READERS = (Role.CLERK, Role.UNIT_ADMIN, Role.REVIEWER, Role.ROUND_ADMIN)


@dataclass(frozen=True, slots=True)
class Scope:
    """`everything`, one `unit_id`, or the units below `path`; none of them means nobody.

    `department` narrows it to units below a 主管单位 whose name contains that text.
    """

    everything: bool = False
    unit_id: int | None = None
    unit_path: str = ""
    path: str = ""
    department: str = ""

    @property
    def nobody(self) -> bool:
        """Nothing is visible."""
        return not self.everything and self.unit_id is None and not self.path

    def below(self, path: str) -> Scope:
        """The part of it below `path` ("" is nowhere)."""
        if not path:
            return Scope()
        if self.unit_id is not None:
            return self if self.unit_path.startswith(path) else Scope()
        if self.everything or path.startswith(self.path):
            return Scope(path=path, department=self.department)
        return self if self.path.startswith(path) else Scope()

    def units_sql(self) -> tuple[str, list[Any]]:
        """A condition on `organization o` and its parameters. `~` sorts after digits and `/`."""
        if self.unit_id is not None:
            sql, params = "o.id = ?", [self.unit_id]
        elif self.path:
            sql, params = "o.path >= ? AND o.path < ?", [self.path, self.path + "~"]
        else:
            sql, params = ("1" if self.everything else "0"), []
        if self.department:
            sql += (
                " AND o.id IN (SELECT u.id FROM organization d CROSS JOIN organization u"
                " ON u.path >= d.path AND u.path < d.path || '~' WHERE d.kind = 'department' AND instr(d.name, ?) > 0)"
            )
            params.append(self.department)
        return sql, params


def scope_of(actor: Actor) -> Scope:
    """A unit sees its own people, departments and offices see the units below them. At most one query."""
    if actor.org_kind == "system":
        return Scope(everything=True)
    if not actor.has(*READERS):
        return Scope()
    if actor.org_kind == "unit":
        return Scope(unit_id=actor.org_id, unit_path=actor.org_path)
    if actor.org_kind not in ("office", "department"):
        return Scope()
    if actor.org_path == f"/{actor.org_id}/" and not _other_roots(actor.org_id):
        return Scope(everything=True)
    return Scope(path=actor.org_path)


def _other_roots(org_id: int) -> bool:
    query = Organization.select(Organization.id).where(Organization.parent.is_null() & (Organization.id != org_id))
    return query.limit(1).scalar() is not None
