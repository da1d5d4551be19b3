"""Which units' people an actor may see, in a shape that costs nothing at a million workers."""

from __future__ import annotations

from dataclasses import dataclass

from gkportal.core.actor import Actor, Role
from gkportal.orgs.models import Organization

#: The separated administrators (系统, 安全, 审计) are not among them: they never see business data.
READERS = (Role.CLERK, Role.UNIT_ADMIN, Role.REVIEWER, Role.ROUND_ADMIN)


@dataclass(frozen=True, slots=True)
class Scope:
    """`everything`, one `unit_id`, or the units below one of `paths`; none of them means nobody."""

    everything: bool = False
    unit_id: int | None = None
    paths: tuple[str, ...] = ()

    @property
    def nobody(self) -> bool:
        """Nothing is visible."""
        return not self.everything and self.unit_id is None and not self.paths

    def units_sql(self) -> tuple[str, list[str]]:
        """A condition on `organization o` for the paths, and its parameters. `~` sorts after digits and `/`."""
        parts = ["(o.path >= ? AND o.path < ?)"] * len(self.paths)
        return " OR ".join(parts) or "0", [bound for path in self.paths for bound in (path, path + "~")]


def scope_of(actor: Actor) -> Scope:
    """A unit sees its own people, departments and offices see the units below them. At most one query."""
    if actor.org_kind == "system":
        return Scope(everything=True)
    if not actor.has(*READERS):
        return Scope()
    if actor.org_kind == "unit":
        return Scope(unit_id=actor.org_id)
    if actor.org_kind not in ("office", "department"):
        return Scope()
    if actor.org_path == f"/{actor.org_id}/" and not _other_roots(actor.org_id):
        return Scope(everything=True)
    return Scope(paths=(actor.org_path,))


def _other_roots(org_id: int) -> bool:
    query = Organization.select(Organization.id).where(Organization.parent.is_null() & (Organization.id != org_id))
    return query.limit(1).scalar() is not None
