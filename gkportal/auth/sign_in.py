"""The verbs sign_in and sign_out.

An attempt is written down as failed *before* the password is checked and corrected afterwards, so that fifty
parallel guesses are five guesses. Known and unknown names take the same steps, the same time and get the same
answer (ASVS 6.3.1, security.md §3 enumeration).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gkportal import audit
from gkportal.auth import passwords, queries, sessions, throttle
from gkportal.auth.models import LoginAttempt, User, UserSession
from gkportal.config import Settings
from gkportal.core import db
from gkportal.core.actor import Actor, Role
from gkportal.core.errors import Invalid, Refused, TooMany
from gkportal.orgs.models import Organization

WRONG = "用户名或密码不正确，请核对大小写后再试。忘记密码请联系本单位管理员或工考办重置。"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A successful sign-in: hand it to `sessions.begin`."""

    user: User
    organization: Organization
    row: UserSession
    token: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a request comes from: address, browser, and the session row it replaces."""

    source: str
    agent: str = ""
    replaces: int | None = None


def limits_of(settings: Settings) -> throttle.Limits:
    """Throttling as configured."""
    return throttle.Limits(settings.login_failures, timedelta(minutes=settings.login_lock_minutes))


def sign_in(
    *, username: str, password: str, caller: Caller, now: datetime, settings: Settings, organization: str | None = None
) -> SignedIn:
    """Check the password and make a session row.

    `organization` (public id) is preferred when the person holds a role there. Raises Invalid (wrong), TooMany
    (with the wait), Refused (disabled, first password expired): the last only after the right password.
    """
    account, source = throttle.account_key(username), throttle.source_key(caller.source)
    attempt_id = _reserve(account, source, now, limits_of(settings))
    user = User.get_or_none(User.username == username.strip().lower())
    right = passwords.verify(user.password_hash, password) if user else passwords.verify_nobody(password)
    if not right or user is None:
        _note_failure(user, account, source, caller, now, limits_of(settings))
        raise Invalid(WRONG)
    fresh = passwords.hash_password(password) if passwords.needs_rehash(user.password_hash) else None
    with db.write_transaction():
        LoginAttempt.update(succeeded=True).where(LoginAttempt.id == attempt_id).execute()
        current = User.get_by_id(user.id)
        if current.password_hash != user.password_hash:
            raise Invalid(WRONG)  # reset by somebody between check and sign-in
        return _admit(current, fresh, organization, caller, now, settings)


def _reserve(account: str, source: str, now: datetime, limits: throttle.Limits) -> int:
    with db.write_transaction():
        left = throttle.wait(account, source, now, limits)
        if left > timedelta(0):
            raise TooMany(
                f"尝试次数太多，请 {throttle.say_wait(left)}后再试；如忘记密码，请联系本单位管理员或工考办重置。"
            )
        LoginAttempt.delete().where(LoginAttempt.at < now - throttle.FAMILIAR).execute()
        return LoginAttempt.create(account_key=account, source_key=source, at=now, succeeded=False).id


def _note_failure(
    user: User | None, account: str, source: str, caller: Caller, now: datetime, limits: throttle.Limits
) -> None:
    """One audit event per failure; the verb tells when it began a lock. Nobody's typed name is kept."""
    with db.write_transaction():
        failed = throttle.failures_in_a_row(account, source, now)
        locked = failed >= limits.failures
        visitor = Actor(0, "未登录", 0, "", "visitor", "", "", source=caller.source)
        audit.record(
            actor=visitor, now=now, verb="auth.sign_in_locked" if locked else "auth.sign_in_failed",
            subject=("user", user.id if user else 0), detail={"account": user.username if user else "", "failures": failed},
        )  # fmt: skip


def _admit(
    user: User, fresh_hash: str | None, wanted: str | None, caller: Caller, now: datetime, settings: Settings
) -> SignedIn:
    if not user.active:
        raise Refused("账号已停用，请联系本单位管理员或工考办。")
    if user.must_change_password and user.initial_expires_at is not None and user.initial_expires_at <= now:
        raise Refused("初始密码已过期（7 天内有效），请联系本单位管理员或工考办重新生成。")
    organization, roles = _workplace(user, wanted)
    sessions.sweep(now, settings)
    if caller.replaces is not None:
        UserSession.delete().where(UserSession.id == caller.replaces).execute()
    row, token = sessions.create_row(
        user=user, organization_id=organization.id, now=now, source=caller.source, agent=caller.agent
    )
    changes = {"last_login_at": now} | ({"password_hash": fresh_hash} if fresh_hash else {})
    User.update(**changes).where(User.id == user.id).execute()
    actor = sessions.actor_for(user, organization, roles, caller.source)
    audit.record(actor=actor, now=now, verb="auth.sign_in", subject=("user", user.id))
    return SignedIn(user, organization, row, token)


def _workplace(user: User, wanted: str | None) -> tuple[Organization, frozenset[Role]]:
    """Where the person works now: the wanted organisation, else the account's own, else the first with a role."""
    grants = queries.live_grants(user.id)
    own = user.organization
    places = sorted(
        {g.organization_id: g.organization for g in grants}.values(),
        key=lambda o: (o.public_id != wanted, o.id != own.id),
    )
    if not places and not own.active:
        raise Refused("您的单位已停用，不能登录，请联系工考办。")
    chosen = places[0] if places else own
    return chosen, frozenset(Role(g.role) for g in grants if g.organization_id == chosen.id)


def sign_out(*, actor: Actor, row: UserSession, now: datetime) -> None:
    """End one session for good."""
    with db.write_transaction():
        UserSession.delete().where(UserSession.id == row.id).execute()
        audit.record(actor=actor, now=now, verb="auth.sign_out", subject=("user", actor.user_id))
