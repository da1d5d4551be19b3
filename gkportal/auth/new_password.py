"""Checking and hashing a new password; hash work stays outside every transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gkportal.auth import passwords
from gkportal.auth.models import User
from gkportal.config import Settings
from gkportal.core.errors import Invalid

#: A first password lives this long (ASVS 6.4.1).
FIRST_PASSWORD_DAYS = 7
#: 等保 asks for complexity, ASVS advises against it; see docs/security.md.
MIN_CLASSES = 3


@dataclass(frozen=True, slots=True)
class Hashed:
    """A password ready to be stored."""

    hash: str
    history: list[str]


def first_password() -> tuple[str, Hashed]:
    """A random one-time password and what to store of it."""
    text = passwords.one_time_password()
    return text, Hashed(passwords.hash_password(text), [])


def first_password_columns(hashed: Hashed, user: User | None, now: datetime) -> dict[str, object]:
    """Columns of an account that starts over with a one-time password; the history is kept."""
    return {
        "password_hash": hashed.hash,
        "password_history": list(user.password_history) if user else [],
        "password_set_at": now,
        "must_change_password": True,
        "initial_expires_at": now + timedelta(days=FIRST_PASSWORD_DAYS),
    }


def context_words(user: User) -> tuple[str, ...]:
    """Words of the person that must not occur in the password."""
    org = user.organization
    return (user.username, user.display_name, user.phone, user.phone[-8:], user.phone[-6:], org.name, org.short_name)


def check_and_hash(user: User, password: str, settings: Settings) -> Hashed:
    """Raises Invalid with every broken rule at the field `new_password`."""
    wrong = passwords.problems(
        password, min_length=settings.password_min_length, min_classes=MIN_CLASSES, context=context_words(user)
    )
    if not wrong and _used_before(user, password):
        wrong = [f"不能使用最近 {passwords.HISTORY} 次用过的密码，请换一个新的。"]
    if wrong:
        raise Invalid("新密码不符合要求，请修改后再试。", {"new_password": wrong})
    made = passwords.hash_password(password)
    return Hashed(made, [made, *_past(user)][: passwords.HISTORY])


def _past(user: User) -> list[str]:
    """Hashes of the last passwords, newest first; the current one counts unless it was given by somebody else."""
    current = [] if user.must_change_password or user.password_hash in user.password_history else [user.password_hash]
    return (current + list(user.password_history))[: passwords.HISTORY]


def _used_before(user: User, password: str) -> bool:
    return any(passwords.verify(stored, password) for stored in dict.fromkeys([user.password_hash, *_past(user)]))


def is_due(user: User, now: datetime, settings: Settings) -> bool:
    """Whether the person must choose a new password before anything else."""
    if user.must_change_password:
        return True
    days = settings.password_max_days
    return bool(days) and now - user.password_set_at > timedelta(days=days)
