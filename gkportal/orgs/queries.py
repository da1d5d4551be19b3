"""Organisations an actor may see, and the supervisors above a unit."""

from __future__ import annotations

from peewee import ModelSelect

from gkportal.core.actor import Actor
from gkportal.core.errors import NotFound
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
