"""Verbs on organisations. Paths of a moved subtree change in the same transaction as the move."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from peewee import fn

from gkportal import audit
from gkportal.core import db
from gkportal.core.actor import Actor
from gkportal.core.errors import Conflict, Invalid
from gkportal.orgs import queries, rules
from gkportal.orgs.models import Organization


@dataclass(frozen=True, slots=True)
class OrganizationData:
    """What a manager enters for an organisation, already cleaned and checked field by field."""

    name: str
    short_name: str
    kind: str
    level: str
    affiliation: str
    uscc: str
    region_name: str
    phone: str
    address: str
    contact_name: str

    def columns(self) -> dict[str, object]:
        """Columns to store; an empty code is NULL, so that it can be missing more than once."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"uscc": self.uscc or None}


def add_organization(*, actor: Actor, now: datetime, parent: Organization, data: OrganizationData) -> Organization:
    """Put a new organisation below `parent`. Raises Refused, Invalid (code or name taken)."""
    with db.write_transaction():
        parent = Organization.get_by_id(parent.id)
        rules.can_add_below(actor, parent, data.kind).demand()
        _check_free(actor, data, parent, None)
        made = Organization.create(**data.columns(), parent=parent, created_at=now, updated_at=now)
        made.path = f"{parent.path}{made.id}/"
        made.save(only=[Organization.path])
        audit.record(
            actor=actor, now=now, verb="orgs.added", subject=("organization", made.id),
            detail={"name": made.name, "kind": made.kind, "parent": parent.name, "uscc": made.uscc},
        )  # fmt: skip
    return made


def edit_organization(
    *,
    actor: Actor,
    now: datetime,
    organization: Organization,
    version: int,
    parent: Organization,
    data: OrganizationData,
) -> None:
    """Change an organisation and, when `parent` is another one, move it with everything below it."""
    with db.write_transaction():
        before = Organization.get_by_id(organization.id)
        parent = Organization.get_by_id(parent.id)
        rules.can_manage(actor, before).demand()
        moved = parent.id != before.parent_id
        if moved:
            rules.can_move(actor, before, parent).demand()
        if moved or data.kind != before.kind:
            rules.can_add_below(actor, parent, data.kind).demand()
        _check_free(actor, data, parent, before.id)
        _update(before, version, now, parent=parent, **data.columns())
        if moved:
            _move_paths(before.path, f"{parent.path}{before.id}/")
        audit.record(
            actor=actor, now=now, verb="orgs.moved" if moved else "orgs.edited", subject=("organization", before.id),
            detail={"changed": _differences(before, data), "parent": parent.name},
        )  # fmt: skip


def set_active(*, actor: Actor, now: datetime, organization: Organization, version: int, active: bool) -> None:
    """Take an organisation out of use or back. Its people cannot sign in while it is out of use."""
    with db.write_transaction():
        found = Organization.get_by_id(organization.id)
        if active:
            rules.can_manage(actor, found).demand()
        else:
            rules.can_deactivate(actor, found, queries.active_below(found)).demand()
        _update(found, version, now, active=active)
        audit.record(
            actor=actor, now=now, verb="orgs.activated" if active else "orgs.deactivated",
            subject=("organization", found.id), detail={"name": found.name},
        )  # fmt: skip


def edit_own(
    *,
    actor: Actor,
    now: datetime,
    organization: Organization,
    version: int,
    phone: str,
    address: str,
    contact_name: str,
) -> None:
    """Change the contact data of one's own organisation (S000-11 单位信息)."""
    with db.write_transaction():
        found = Organization.get_by_id(organization.id)
        rules.can_edit_own(actor, found).demand()
        _update(found, version, now, phone=phone, address=address, contact_name=contact_name)
        changed = [
            n
            for n, v in (("phone", phone), ("address", address), ("contact_name", contact_name))
            if getattr(found, n) != v
        ]
        audit.record(
            actor=actor,
            now=now,
            verb="orgs.contact_edited",
            subject=("organization", found.id),
            detail={"changed": changed},
        )


def _check_free(actor: Actor, data: OrganizationData, parent: Organization, own_id: int | None) -> None:
    others = Organization.select().where(Organization.id != (own_id or 0))
    if data.uscc and (taken := others.where(Organization.uscc == data.uscc).first()) is not None:
        # S003-46. Only a visible organisation is named: the answer must not list other areas' units.
        whose = f"“{taken.name}”" if taken.path.startswith(actor.org_path) else "管理范围以外的一家单位"
        text = f"统一社会信用代码 {data.uscc} 已由{whose}使用，请用该单位已有的账号登录；如确属登记错误，请联系上级工考办。"
        raise Invalid("统一社会信用代码已被使用。", {"uscc": [text]})
    if others.where((Organization.parent == parent.id) & (Organization.name == data.name)).exists():
        text = f"“{parent.name}”下面已有同名机构“{data.name}”，请核对是否重复，或写全称加以区别。"
        raise Invalid("机构名称重复。", {"name": [text]})


def _update(organization: Organization, version: int, now: datetime, **columns: object) -> None:
    changed = (
        Organization.update(**columns, updated_at=now, version=Organization.version + 1)
        .where((Organization.id == organization.id) & (Organization.version == version))
        .execute()
    )
    if not changed:
        raise Conflict(f"“{organization.name}”刚刚被别人修改过，请刷新页面，看清最新情况后再保存。")


def _move_paths(old: str, new: str) -> None:
    """Rewrite the paths of an organisation and everything below it."""
    rest = fn.SUBSTR(Organization.path, len(old) + 1)
    Organization.update(path=fn.CONCAT(new, rest)).where(Organization.path.startswith(old)).execute()


def _differences(before: Organization, data: OrganizationData) -> dict[str, list[object]]:
    return {
        name: [getattr(before, name), value] for name, value in data.columns().items() if getattr(before, name) != value
    }
