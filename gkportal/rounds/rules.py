"""Who may run rounds, and when something may still be submitted or corrected.

The rule for requests in flight (S001-08, S002-115, R14): what counts is the instant at which the server has
received the request completely; the closing instant itself still counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from gkportal.core import clock
from gkportal.core.actor import Actor, Role
from gkportal.core.answer import YES, Answer, no
from gkportal.rounds.models import Notice, Round, RoundWindow


def can_manage(actor: Actor, round_: Round | None = None) -> Answer:
    """Round administrators manage the rounds of their own office only."""
    if not actor.has(Role.ROUND_ADMIN) or actor.org_kind != "office":
        return no("只有工考办的批次管理员可以维护年度批次。")
    if round_ is not None and round_.office_id != actor.org_id:
        return no("这是其他工考办的年度批次，只能查看。")
    return YES


def can_withdraw(actor: Actor, notice: Notice) -> Answer:
    """Round administrators take down the notices of their own office only."""
    managing = can_manage(actor)
    if managing and notice.office_id != actor.org_id:
        return no("这是其他工考办的公告，只能查看。")
    return managing


@dataclass(frozen=True, slots=True)
class WindowView:
    """A window as people read it: open or not, and what is left."""

    kind: str
    opens_at: datetime
    closes_at: datetime
    correct_until: datetime
    state: str  # before, open, closed
    now: datetime

    @property
    def left(self) -> timedelta:
        """Time until closing (never negative)."""
        return max(self.closes_at - self.now, timedelta(0))

    @property
    def days_left(self) -> int:
        """Whole days left, by calendar day in China: 0 on the closing day."""
        return max((clock.local(self.closes_at).date() - clock.local(self.now).date()).days, 0)

    @property
    def hours_left(self) -> int:
        """Whole hours left."""
        return int(self.left.total_seconds() // 3600)

    @property
    def urgent(self) -> bool:
        """Less than seven days are left."""
        return self.state == "open" and self.days_left <= 7

    @property
    def share_gone(self) -> int:
        """Percent of the window that has passed, for the bar."""
        whole = (self.closes_at - self.opens_at).total_seconds() or 1
        return min(100, max(0, round((self.now - self.opens_at).total_seconds() / whole * 100)))

    @property
    def closing_text(self) -> str:
        """`4月15日（星期一）23:59 截止`"""
        return f"{clock.format_day(self.closes_at)}{clock.local(self.closes_at):%H:%M} 截止"


def view_window(window: RoundWindow, now: datetime) -> WindowView:
    """What a window means at `now`."""
    state = "before" if now < window.opens_at else "open" if now <= window.closes_at else "closed"
    return WindowView(window.kind, window.opens_at, window.closes_at, window.correct_until, state, now)


def can_submit(window: RoundWindow | None, now: datetime, *, late_until: datetime | None = None) -> Answer:
    """Whether a first submission counts at `now` (S002-112…115)."""
    if late_until is not None and now <= late_until:
        return YES
    if window is None:
        return no("本年度批次没有开放这项申报。")
    if now < window.opens_at:
        return no(f"申报尚未开始，{clock.format_minute(window.opens_at)} 起可以提交。")
    if now > window.closes_at:
        return no(
            f"申报已于 {clock.format_minute(window.closes_at)} 截止，系统自动关闭，不再受理。"
            "确有特殊情况的，请联系工考办申请个案延期。"
        )
    return YES


def can_correct(window: RoundWindow | None, now: datetime, *, late_until: datetime | None = None) -> Answer:
    """Whether a returned application may be resubmitted at `now`: within the submission or correction window."""
    if late_until is not None and now <= late_until:
        return YES
    if window is None:
        return no("本年度批次没有开放这项申报。")
    last = max(window.closes_at, window.correct_until)
    if now > last:
        return no(f"补正已于 {clock.format_minute(last)} 截止。确有特殊情况的，请联系工考办申请个案延期。")
    return YES
