"""Organisations an actor may see, and the supervisors above a unit."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import JOIN, ModelSelect, fn

from gkportal.core.actor import Actor
from gkportal.core.errors import NotFound
from gkportal.core.paging import COUNT_CAP, Page
from gkportal.core.text import like_escape
from gkportal.orgs.models import Organization


def visible_to(actor: Actor) -> ModelSelect:
    """The actor's own organisation and everything below it."""
    return Organization.select().where(Organization.path.startswith(actor.org_path))


def get_visible(actor: Actor, public_id: str) -> Organization:
    """One visible organisation. Raises NotFound."""
    found = visible_to(actor).where(Organization.public_id == public_id).first()
    if found is None:
        raise NotFound()
    return found


def visible_unit_ids(actor: Actor) -> ModelSelect:
    """Ids of the visible organisations, for `IN` sub-queries."""
    return Organization.select(Organization.id).where(Organization.path.startswith(actor.org_path))


def ancestors(organization: Organization) -> list[Organization]:
    """Active organisations above, nearest first; the organisation itself is left out."""
    ids = [int(part) for part in organization.path.strip("/").split("/")][:-1]
    rows = {row.id: row for row in Organization.select().where(Organization.id.in_(ids))}
    return [rows[i] for i in reversed(ids) if i in rows and rows[i].active]


def supervisor(organization: Organization, selector: str) -> Organization | None:
    """Who reviews for this unit: `department`, `district_office` or `city_office`; None when there is none.

    The selectors are those of the policy pack's routes (S000-59, S002-111).
    """
    for above in ancestors(organization):
        if selector == "department" and above.kind == "department":
            return above
        if selector.endswith("_office") and above.kind == "office" and above.level == selector.removesuffix("_office"):
            return above
    return None


@dataclass(frozen=True, slots=True)
class TreeFilters:
    """Filters of 机构管理."""

    name: str = ""
    kind: str = ""
    state: str = ""


def tree(actor: Actor, filters: TreeFilters, number: int, size: int) -> Page:
    """A page of the organisations below the actor's, in tree order, as dicts. Two queries whatever the size."""
    query = visible_to(actor)
    if filters.name:
        query = query.where(fn.LIKE(f"%{like_escape(filters.name)}%", Organization.name, "\\"))
    if filters.kind:
        query = query.where(Organization.kind == filters.kind)
    if filters.state:
        query = query.where(Organization.active == (filters.state == "active"))
    total = query.select(Organization.id).limit(COUNT_CAP + 1).count()
    above = Organization.alias()
    columns = (
        Organization.public_id, Organization.id, Organization.name, Organization.kind, Organization.level, Organization.uscc,
        Organization.path, Organization.phone, Organization.contact_name, Organization.active, Organization.version,
        above.name.alias("parent_name"),
    )  # fmt: skip
    rows = list(
        query.select(*columns)
        .join(above, JOIN.LEFT_OUTER, on=(Organization.parent == above.id))
        .order_by(Organization.path)
        .limit(size)
        .offset((number - 1) * size)
        .dicts()
    )
    base = actor.org_path.count("/")
    for row in rows:
        row["depth"] = min(row["path"].count("/") - base, 6)
    return Page(rows, number, size, min(total, COUNT_CAP), total > COUNT_CAP, has_next=number * size < total)


def possible_parents(actor: Actor, moving: Organization | None = None) -> list[Organization]:
    """Active offices and departments that something can be put below; not inside what is being moved."""
    query = visible_to(actor).where((Organization.active == True) & Organization.kind.in_(("office", "department")))  # noqa: E712
    if moving is not None:
        query = query.where(~Organization.path.startswith(moving.path))
    return list(query.order_by(Organization.path))


def active_below(organization: Organization) -> int:
    """How many active organisations hang directly below."""
    return Organization.select().where((Organization.parent == organization.id) & (Organization.active == True)).count()  # noqa: E712
