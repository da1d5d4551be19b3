"""Verbs on accounts: create, edit, reset, disable, unlock, end sessions (S000-11 经办人管理, S001-35, S001-36, S003-41).

Password hashing happens before the transaction; each verb checks its rule and the version inside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from peewee import IntegrityError

from gkportal import audit
from gkportal.auth import queries, rules, sessions, throttle
from gkportal.auth.models import LoginAttempt, RoleGrant, User
from gkportal.auth.new_password import first_password, first_password_columns
from gkportal.core import db
from gkportal.core.actor import Actor, Role
from gkportal.core.errors import Conflict, Invalid, Refused
from gkportal.orgs.models import Organization


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A new account and its one-time password: shown once, stored nowhere."""

    user: User
    password: str


def create_account(
    *, actor: Actor, now: datetime, organization: Organization, username: str, display_name: str, phone: str,
    roles: Sequence[Role],
) -> NewAccount:  # fmt: skip
    """Make an account with roles in its organisation. Raises Invalid (name taken, roles), Refused."""
    rules.can_create(actor, organization).demand()
    _check_roles(actor, organization, roles)
    text, hashed = first_password()
    username = username.strip().lower()
    with db.write_transaction():
        if User.select(User.id).where(User.username == username).exists():
            raise Invalid(
                "用户名已被使用。",
                {"username": [f"用户名“{username}”已被使用，请换一个，例如在后面加上单位简称的拼音。"]},
            )
        user = User.create(
            username=username, display_name=display_name, phone=phone, organization=organization,
            created_by_id=actor.user_id, created_at=now, updated_at=now, **first_password_columns(hashed, None, now),
        )  # fmt: skip
        for role in roles:
            _grant(actor, now, user, organization, role, None)
        audit.record(
            actor=actor, now=now, verb="auth.account_created", subject=("user", user.id),
            detail={"username": username, "name": display_name, "organization": organization.name, "roles": list(roles)},
        )  # fmt: skip
    return NewAccount(user, text)


def edit_account(
    *, actor: Actor, now: datetime, user: User, version: int, display_name: str, phone: str, roles: Sequence[Role]
) -> None:
    """Change name, telephone and the roles held in the account's own organisation; other roles end its sessions."""
    with db.write_transaction():
        user = User.get_by_id(user.id)
        grants = queries.grants_of([user.id])[user.id]
        account = queries.account_of(user, grants)
        rules.can_manage(actor, account).demand()
        _check_roles(actor, user.organization, roles)
        own = {grant.role: grant for grant in grants if grant.organization_id == user.organization_id}
        _check_other_grants(roles, [g for g in grants if g.organization_id != user.organization_id])
        _update(user, version, now, display_name=display_name, phone=phone)
        taken, given = set(own) - set(roles), set(roles) - set(own)
        RoleGrant.delete().where(RoleGrant.id.in_([own[role].id for role in taken])).execute()
        for role in roles:
            if role in given:
                _grant(actor, now, user, user.organization, role, None)
        if taken or given:
            sessions.end_sessions(user.id)
        audit.record(
            actor=actor, now=now, verb="auth.account_edited", subject=("user", user.id),
            detail={"name": [user.display_name, display_name], "given": sorted(given), "taken": sorted(taken)},
        )  # fmt: skip


def _check_other_grants(roles: Sequence[Role], elsewhere: list[RoleGrant]) -> None:
    rules.check_roles({*roles, *(Role(grant.role) for grant in elsewhere)}).demand()


def set_active(*, actor: Actor, now: datetime, user: User, version: int, active: bool) -> None:
    """Disable (ending every session) or enable an account."""
    with db.write_transaction():
        rules.can_manage(actor, queries.account_of(user)).demand()
        _update(user, version, now, active=active)
        ended = 0 if active else sessions.end_sessions(user.id)
        audit.record(
            actor=actor, now=now, verb="auth.account_enabled" if active else "auth.account_disabled",
            subject=("user", user.id), detail={"username": user.username, "ended_sessions": ended},
        )  # fmt: skip


def reset_password(*, actor: Actor, now: datetime, user: User, version: int | None = None) -> str:
    """A new one-time password (returned, stored nowhere); ends sessions and lifts waits.

    `version` is the one on the page of whoever asks: of two resets at once the second is told (Conflict).
    """
    rules.can_reset(actor, queries.account_of(user)).demand()
    text, hashed = first_password()
    with db.write_transaction():
        _update(user, user.version if version is None else version, now, **first_password_columns(hashed, user, now))
        sessions.end_sessions(user.id)
        _forget_failures(user)
        audit.record(
            actor=actor,
            now=now,
            verb="auth.password_reset",
            subject=("user", user.id),
            detail={"username": user.username},
        )
    return text


def unlock(*, actor: Actor, now: datetime, user: User) -> int:
    """Let the owner try again at once. Returns how many failures were forgotten."""
    with db.write_transaction():
        rules.can_manage(actor, queries.account_of(user)).demand()
        forgotten = _forget_failures(user)
        audit.record(
            actor=actor, now=now, verb="auth.account_unlocked", subject=("user", user.id),
            detail={"username": user.username, "failures": forgotten},
        )  # fmt: skip
    return forgotten


def end_all_sessions(*, actor: Actor, now: datetime, user: User) -> int:
    """Sign the person out everywhere (ASVS 7.4.5). Returns how many sessions ended."""
    with db.write_transaction():
        rules.can_manage(actor, queries.account_of(user)).demand()
        ended = sessions.end_sessions(user.id)
        audit.record(
            actor=actor, now=now, verb="auth.sessions_ended", subject=("user", user.id),
            detail={"username": user.username, "count": ended},
        )  # fmt: skip
    return ended


def grant_role(
    *, actor: Actor, now: datetime, user: User, organization: Organization, role: Role, ends_on: object = None
) -> None:
    """Give a role in any organisation of the actor's area (安全管理员). Ends the account's sessions."""
    with db.write_transaction():
        grants = queries.grants_of([user.id])[user.id]
        held = {Role(grant.role) for grant in grants}
        rules.can_grant(actor, queries.account_of(user, grants), role, organization, held).demand()
        if any(g.role == role and g.organization_id == organization.id for g in grants):
            raise Conflict("这个角色已经授予过了，请刷新页面查看。")
        _grant(actor, now, user, organization, role, ends_on)
        sessions.end_sessions(user.id)
        audit.record(
            actor=actor, now=now, verb="auth.role_granted", subject=("user", user.id),
            detail={"role": role, "organization": organization.name, "username": user.username, "ends_on": ends_on},
        )  # fmt: skip


def revoke_role(*, actor: Actor, now: datetime, user: User, grant_public_id: str) -> None:
    """Take a role away (安全管理员). Ends the account's sessions. Raises Conflict when it is gone already."""
    with db.write_transaction():
        grants = queries.grants_of([user.id])[user.id]
        rules.can_revoke(actor, queries.account_of(user, grants)).demand()
        grant = next((g for g in grants if g.public_id == grant_public_id), None)
        if grant is None:
            raise Conflict("这个角色已经收回了，请刷新页面查看。")
        grant.delete_instance()
        sessions.end_sessions(user.id)
        audit.record(
            actor=actor, now=now, verb="auth.role_revoked", subject=("user", user.id),
            detail={"role": grant.role, "organization": grant.organization.name, "username": user.username},
        )  # fmt: skip


def _check_roles(actor: Actor, organization: Organization, roles: Sequence[Role]) -> None:
    if not roles:
        raise Invalid("请至少选择一个角色。", {"roles": ["请至少选择一个角色。"]})
    foreign = set(roles) - set(rules.assignable_roles(actor, organization.kind))
    if foreign:
        raise Refused("您不能授予所选的角色，请由安全管理员办理。")
    together = rules.check_roles(roles)
    if not together:
        raise Invalid(together.reason, {"roles": [together.reason]})


def _grant(actor: Actor, now: datetime, user: User, organization: Organization, role: Role, ends_on: object) -> None:
    try:
        RoleGrant.create(
            user=user,
            organization=organization,
            role=str(role),
            ends_on=ends_on,
            granted_by_id=actor.user_id,
            granted_at=now,
        )
    except IntegrityError as error:
        raise Conflict("这个角色已经授予过了，请刷新页面查看。") from error


def _update(user: User, version: int, now: datetime, **columns: object) -> None:
    """One conditional UPDATE: the loser of a race is told."""
    changed = (
        User.update(**columns, updated_at=now, version=User.version + 1)
        .where((User.id == user.id) & (User.version == version))
        .execute()
    )
    if not changed:
        raise Conflict(f"{user.display_name} 的账号刚刚被别人修改过，请刷新页面，看清最新情况后再操作。")


def _forget_failures(user: User) -> int:
    key = throttle.account_key(user.username)
    return LoginAttempt.delete().where((LoginAttempt.account_key == key) & (LoginAttempt.succeeded == False)).execute()  # noqa: E712
