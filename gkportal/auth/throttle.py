"""How long a sign-in must wait: per (account, source) first, with short caps that spare familiar sources.

Nobody can lock somebody else out: five failures from one address stop that address for that account only; the
owner at another address still gets in (ASVS 6.1.1, 6.3.1; 等保 8.1.4.1.b; security.md §3 lockout). The two caps
against guessing from many addresses and against trying many accounts never touch an address from which the
account has signed in during the last 30 days.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from gkportal.auth.models import LoginAttempt

WINDOW = timedelta(hours=24)
FAMILIAR = timedelta(days=30)
#: Failures on one account from anywhere, and from one source on any account, within CAP_WINDOW.
ACCOUNT_CAP, SOURCE_CAP = 30, 200
CAP_WINDOW = timedelta(minutes=10)
_CAP_WAIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings login_failures and login_lock_minutes."""

    failures: int = 5
    lock: timedelta = timedelta(minutes=10)

    def delay(self, failed: int) -> timedelta:
        """The wait after the `failed`-th failure in a row: none, none, 2 s, 4 s, lock, …, doubling every five."""
        if failed >= self.failures:
            return min(self.lock * 2 ** min(failed // self.failures - 1, 6), timedelta(hours=1))
        return timedelta(seconds=2 ** (failed - self.failures + 3)) if failed >= self.failures - 2 else timedelta(0)


def account_key(username: str) -> str:
    """What is stored of a typed user name."""
    return hashlib.sha256(username.strip().casefold().encode()).hexdigest()[:32]


def source_key(address: str) -> str:
    """An IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


def wait(account: str, source: str, now: datetime, limits: Limits) -> timedelta:
    """How long this source must wait before trying this account again; zero when it may try now."""
    pair = (LoginAttempt.account_key == account) & (LoginAttempt.source_key == source)
    last_success = (
        LoginAttempt.select(LoginAttempt.at)
        .where(pair & (LoginAttempt.succeeded == True) & (LoginAttempt.at >= now - FAMILIAR))  # noqa: E712
        .order_by(LoginAttempt.at.desc())
        .limit(1)
        .scalar()
    )
    failed, latest = _failures(pair, max(filter(None, (_instant(last_success), now - WINDOW))))
    if failed:
        left = latest + limits.delay(failed) - now
        if left > timedelta(0):
            return left
    return timedelta(0) if last_success else _caps(account, source, now)


def failures_in_a_row(account: str, source: str, now: datetime) -> int:
    """Failures of the pair since its last success."""
    pair = (LoginAttempt.account_key == account) & (LoginAttempt.source_key == source)
    success = pair & (LoginAttempt.succeeded == True) & (LoginAttempt.at >= now - WINDOW)  # noqa: E712
    last = LoginAttempt.select(LoginAttempt.at).where(success).order_by(LoginAttempt.at.desc()).limit(1).scalar()
    return _failures(pair, _instant(last) or now - WINDOW)[0]


def _instant(value: object) -> datetime | None:
    return LoginAttempt.at.python_value(value) if isinstance(value, str) else value  # type: ignore[return-value]


def _failures(condition: object, since: datetime) -> tuple[int, datetime]:
    rows = list(
        LoginAttempt.select(LoginAttempt.at)
        .where(condition & (LoginAttempt.succeeded == False) & (LoginAttempt.at > since))  # noqa: E712
        .order_by(LoginAttempt.at.desc())
        .limit(SOURCE_CAP)
    )
    return len(rows), rows[0].at if rows else since


def _caps(account: str, source: str, now: datetime) -> timedelta:
    for condition, cap in (
        (LoginAttempt.account_key == account, ACCOUNT_CAP),
        (LoginAttempt.source_key == source, SOURCE_CAP),
    ):
        failed, latest = _failures(condition, now - CAP_WINDOW)
        if failed >= cap and (left := latest + _CAP_WAIT - now) > timedelta(0):
            return left
    return timedelta(0)


def waiting_accounts(accounts: list[str], now: datetime, limits: Limits) -> set[str]:
    """Which accounts are stopped for at least one source at the moment (for the list). One query."""
    rows = (
        LoginAttempt.select(LoginAttempt.account_key, LoginAttempt.source_key, LoginAttempt.at, LoginAttempt.succeeded)
        .where(LoginAttempt.account_key.in_(accounts) & (LoginAttempt.at > now - WINDOW))
        .order_by(LoginAttempt.at)
    )
    state: dict[tuple[str, str], tuple[int, datetime]] = {}
    for row in rows:
        pair = (row.account_key, row.source_key)
        state[pair] = (0, row.at) if row.succeeded else (state.get(pair, (0, row.at))[0] + 1, row.at)
    return {
        account
        for (account, _), (failed, at) in state.items()
        if failed >= limits.failures and at + limits.delay(failed) > now
    }


def say_wait(left: timedelta) -> str:
    """`10 分钟` or `4 秒`, rounded up."""
    seconds = max(1, -(-int(left.total_seconds() * 1000) // 1000))
    return f"{seconds} 秒" if seconds < 60 else f"{-(-seconds // 60)} 分钟"
