"""Accounts an actor may see, in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from peewee import JOIN, ModelSelect, fn

from gkportal.auth import throttle
from gkportal.auth.models import RoleGrant, User, UserSession
from gkportal.auth.rules import Account, scope_path
from gkportal.core import clock
from gkportal.core.actor import ROLE_LABELS, Actor, Role
from gkportal.core.errors import NotFound
from gkportal.core.paging import COUNT_CAP, Page
from gkportal.core.text import like_escape
from gkportal.orgs.models import Organization

STATES = {"active": "在用", "first": "待首次登录", "disabled": "停用"}


@dataclass(frozen=True, slots=True)
class AccountFilters:
    """Filters of the list. `text` (name or user name) is personal data and only ever posted."""

    unit: str = ""
    state: str = ""
    role: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of the list: the account, its roles and whether sign-in is stopped somewhere."""

    user: User
    account: Account
    roles: tuple[tuple[str, str], ...]
    waiting: bool
    expired: bool

    @property
    def role_label(self) -> str:
        """`经办人、单位管理员`"""
        return "、".join(label for _, label in self.roles)


def visible_to(actor: Actor) -> ModelSelect:
    """Users (joined with their organisation) that the actor may see."""
    base = User.select(User, Organization).join(Organization)
    below = scope_path(actor)
    if below is not None:
        return base.where(Organization.path.startswith(below))
    return base.where(User.organization == actor.org_id)


def get_visible(actor: Actor, public_id: str) -> User:
    """One visible account. Raises NotFound."""
    found = visible_to(actor).where(User.public_id == public_id).first()
    if found is None:
        raise NotFound()
    return found


def visible_organization(actor: Actor, public_id: str) -> Organization:
    """An organisation whose accounts the actor may see. Raises NotFound."""
    below = scope_path(actor)
    reach = Organization.id == actor.org_id if below is None else Organization.path.startswith(below)
    found = Organization.select().where(reach & (Organization.public_id == public_id)).first()
    if found is None:
        raise NotFound()
    return found


def organizations_below(actor: Actor) -> list[Organization]:
    """Active organisations whose accounts the actor manages, in tree order (for choosing one)."""
    below = scope_path(actor)
    reach = Organization.id == actor.org_id if below is None else Organization.path.startswith(below)
    columns = (
        Organization.id, Organization.public_id, Organization.name, Organization.kind, Organization.path, Organization.active,
    )  # fmt: skip
    return list(Organization.select(*columns).where(reach & (Organization.active == True)).order_by(Organization.path))  # noqa: E712


def grants_of(user_ids: list[int]) -> dict[int, list[RoleGrant]]:
    """All grants of several accounts with their organisations, in one query."""
    found: dict[int, list[RoleGrant]] = {user_id: [] for user_id in user_ids}
    query = RoleGrant.select(RoleGrant, Organization).join(Organization).where(RoleGrant.user.in_(user_ids))
    for grant in query.order_by(RoleGrant.id):
        found[grant.user_id].append(grant)
    return found


def account_of(user: User, grants: list[RoleGrant] | None = None) -> Account:
    """The rule's view of an account; two queries unless `grants` are at hand."""
    held = grants_of([user.id])[user.id] if grants is None else grants
    today = clock.today()
    org = user.organization
    return Account(
        user_id=user.id,
        org_id=org.id,
        org_kind=org.kind,
        org_path=org.path,
        org_active=org.active,
        roles=frozenset(Role(grant.role) for grant in held if grant.ends_on is None or grant.ends_on >= today),
        active=user.active,
    )


def search(
    actor: Actor, filters: AccountFilters, number: int, size: int, *, now: datetime, limits: throttle.Limits
) -> Page:
    """A page of accounts, by organisation and then as created. Four queries whatever the size."""
    query = _filtered(visible_to(actor), filters, now)
    total = query.select(User.id).limit(COUNT_CAP + 1).count()
    users = list(query.order_by(Organization.path, User.id).limit(size).offset((number - 1) * size))
    grants = grants_of([user.id for user in users])
    keys = {throttle.account_key(user.username): user.id for user in users}
    waiting = {keys[key] for key in throttle.waiting_accounts(list(keys), now, limits)}
    rows = [_row(user, grants[user.id], user.id in waiting, now) for user in users]
    capped = total > COUNT_CAP
    return Page(rows, number, size, min(total, COUNT_CAP), capped, has_next=number * size < total)


def _row(user: User, grants: list[RoleGrant], waiting: bool, now: datetime) -> AccountRow:
    account = account_of(user, grants)
    labels = tuple((str(role), label) for role, label in ROLE_LABELS.items() if role in account.roles)
    expired = user.must_change_password and user.initial_expires_at is not None and user.initial_expires_at <= now
    return AccountRow(user, account, labels, waiting, expired)


def _filtered(query: ModelSelect, filters: AccountFilters, now: datetime) -> ModelSelect:
    if filters.unit:
        query = query.where(Organization.public_id == filters.unit)
    if filters.state == "disabled":
        query = query.where(User.active == False)  # noqa: E712
    elif filters.state in ("active", "first"):
        query = query.where((User.active == True) & (User.must_change_password == (filters.state == "first")))  # noqa: E712
    if filters.role in {str(role) for role in Role}:
        holders = RoleGrant.select(RoleGrant.user).where(RoleGrant.role == filters.role)
        query = query.where(User.id.in_(holders))
    if filters.text:
        pattern = f"%{like_escape(filters.text)}%"
        query = query.where(fn.LIKE(pattern, User.display_name, "\\") | fn.LIKE(pattern, User.username, "\\"))
    return query


def live_grants(user_id: int) -> list[RoleGrant]:
    """Grants that count today in active organisations, with the organisations. One query."""
    query = (
        RoleGrant.select(RoleGrant, Organization)
        .join(Organization)
        .where((RoleGrant.user == user_id) & (Organization.active == True))  # noqa: E712
        .order_by(Organization.path)
    )
    today = clock.today()
    return [grant for grant in query if grant.ends_on is None or grant.ends_on >= today]


def organizations_of(user_id: int) -> list[tuple[Organization, str]]:
    """(organisation, roles in words) where the person may work, for the switcher."""
    roles: dict[int, list[Role]] = {}
    found: dict[int, Organization] = {}
    for grant in live_grants(user_id):
        found[grant.organization_id] = grant.organization
        roles.setdefault(grant.organization_id, []).append(Role(grant.role))
    return [
        (org, "、".join(label for role, label in ROLE_LABELS.items() if role in roles[key]))
        for key, org in found.items()
    ]


def sessions_of(user_id: int) -> list[UserSession]:
    """Live sessions of a person, newest use first, with the organisation."""
    return list(
        UserSession.select(UserSession, Organization)
        .join(Organization, JOIN.LEFT_OUTER)
        .where(UserSession.user == user_id)
        .order_by(UserSession.seen_at.desc())
    )
