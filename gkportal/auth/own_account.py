"""Verbs on one's own account: password, name and telephone, sessions, organisation (S000-11 账号设置)."""

from __future__ import annotations

from datetime import datetime

from gkportal import audit
from gkportal.auth import passwords, queries, sessions
from gkportal.auth.models import User, UserSession
from gkportal.auth.new_password import check_and_hash
from gkportal.config import Settings
from gkportal.core import db
from gkportal.core.actor import Actor
from gkportal.core.errors import Conflict, Invalid, NotFound, Refused
from gkportal.orgs.models import Organization


def change_password(
    *, actor: Actor, now: datetime, row: UserSession, old_password: str, new_password: str, settings: Settings
) -> str:
    """Store a new password, end all other sessions, and give this one another token (returned).

    Raises Invalid naming the field, Conflict when the password was changed or reset meanwhile.
    """
    user = User.get_by_id(actor.user_id)
    if not passwords.verify(user.password_hash, old_password):
        raise Invalid("原密码不正确，密码没有修改。", {"old_password": ["原密码不正确，请重新输入。"]})
    hashed = check_and_hash(user, new_password, settings)
    with db.write_transaction():
        changed = (
            User.update(
                password_hash=hashed.hash, password_history=hashed.history, password_set_at=now,
                must_change_password=False, initial_expires_at=None, updated_at=now, version=User.version + 1,
            )
            .where((User.id == user.id) & (User.password_hash == user.password_hash) & (User.active == True))  # noqa: E712
            .execute()
        )  # fmt: skip
        if not changed:
            raise Conflict("密码刚刚已在别处修改或被重置，请用新的密码重新登录。")
        ended = sessions.end_sessions(user.id, keep=row.id)
        token = sessions.renew_token(row)
        audit.record(
            actor=actor,
            now=now,
            verb="auth.password_changed",
            subject=("user", user.id),
            detail={"ended_sessions": ended},
        )
    return token


def edit_own(*, actor: Actor, now: datetime, version: int, display_name: str, phone: str) -> None:
    """Change one's own name and telephone. Raises Conflict when somebody else was faster."""
    with db.write_transaction():
        user = User.get_by_id(actor.user_id)
        changed = (
            User.update(display_name=display_name, phone=phone, updated_at=now, version=User.version + 1)
            .where((User.id == user.id) & (User.version == version))
            .execute()
        )
        if not changed:
            raise Conflict("您的账号信息刚刚被管理员修改过，请核对页面上的最新内容后再保存。")
        audit.record(
            actor=actor, now=now, verb="auth.own_account_edited", subject=("user", user.id),
            detail={"name": [user.display_name, display_name], "phone_changed": user.phone != phone},
        )  # fmt: skip


def end_session(*, actor: Actor, now: datetime, public_id: str) -> None:
    """End one of one's own sessions. Raises NotFound for anybody else's."""
    with db.write_transaction():
        mine = (UserSession.user == actor.user_id) & (UserSession.public_id == public_id)
        if not UserSession.delete().where(mine).execute():
            raise NotFound("这个登录已经结束了。")
        audit.record(actor=actor, now=now, verb="auth.session_ended", subject=("user", actor.user_id))


def end_other_sessions(*, actor: Actor, now: datetime, row: UserSession) -> int:
    """End all own sessions but this one (ASVS 7.4.3). Returns how many."""
    with db.write_transaction():
        ended = sessions.end_sessions(actor.user_id, keep=row.id)
        audit.record(
            actor=actor, now=now, verb="auth.session_ended", subject=("user", actor.user_id), detail={"count": ended}
        )
    return ended


def switch_organization(*, actor: Actor, now: datetime, row: UserSession, public_id: str) -> tuple[Organization, str]:
    """Go on working in another organisation where one holds a role; the session gets another token.

    Raises Refused when there is no such role (or not any more).
    """
    with db.write_transaction():
        places = {org.public_id: org for org, _ in queries.organizations_of(actor.user_id)}
        if public_id not in places:
            raise Refused("您在这个单位没有角色，可能刚被收回，请刷新页面。")
        target = places[public_id]
        UserSession.update(organization=target.id).where(UserSession.id == row.id).execute()
        token = sessions.renew_token(row)
        audit.record(
            actor=actor, now=now, verb="auth.organization_switched", subject=("organization", target.id),
            detail={"to": target.name},
        )  # fmt: skip
    return target, token
