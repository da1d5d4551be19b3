"""Verbs on rounds, windows, late exceptions and notices."""

from __future__ import annotations

from datetime import datetime

from gkportal import audit
from gkportal.core import clock
from gkportal.core.actor import Actor
from gkportal.core.db import write_transaction
from gkportal.core.errors import Conflict, Invalid
from gkportal.core.text import clean_line, clean_text
from gkportal.orgs.models import Organization
from gkportal.rounds import rules
from gkportal.rounds.models import LateException, Notice, Round, RoundWindow


def open_round(
    *, actor: Actor, now: datetime, year: int, title: str, pack_id: str, windows: dict[str, tuple[datetime, ...]]
) -> Round:
    """Open a year's round of the actor's office. `windows` maps kind to (opens, closes, correct until)."""
    rules.can_manage(actor).demand()
    title = clean_line(title, 60)
    if not title:
        raise Invalid("请填写批次名称。", {"title": ["请填写批次名称，如：2024 年度等级考评。"]})
    with write_transaction():
        if (
            Round.select()
            .where((Round.office == actor.org_id) & (Round.year == year) & (Round.title == title))
            .exists()
        ):
            raise Invalid("批次名称重复。", {"title": [f"{year} 年已有同名批次“{title}”，请换一个名称。"]})
        made = Round.create(office=actor.org_id, year=year, title=title, pack_id=pack_id, state="open", created_at=now)
        for kind, (opens, closes, correct) in windows.items():
            _check_window(opens, closes, correct)
            RoundWindow.create(round=made, kind=kind, opens_at=opens, closes_at=closes, correct_until=correct)
        audit.record(
            actor=actor,
            now=now,
            verb="round.opened",
            subject=("round", made.id),
            detail={"title": title, "pack": pack_id},
        )
    return made


def set_window(
    *, actor: Actor, now: datetime, round_: Round, kind: str, opens: datetime, closes: datetime, correct: datetime,
    version: int,
) -> None:  # fmt: skip
    """Change one window. Raises Conflict when the round was changed since it was shown."""
    rules.can_manage(actor, round_).demand()
    _check_window(opens, closes, correct)
    with write_transaction():
        changed = (
            Round.update(version=Round.version + 1)
            .where((Round.id == round_.id) & (Round.version == version))
            .execute()
        )
        if not changed:
            raise Conflict("这个批次刚被他人修改过，请刷新后核对再改。")
        window = RoundWindow.get_or_none((RoundWindow.round == round_.id) & (RoundWindow.kind == kind))
        before = (
            [clock.format_minute(x) for x in (window.opens_at, window.closes_at, window.correct_until)]
            if window
            else []
        )
        values = {"opens_at": opens, "closes_at": closes, "correct_until": correct}
        if window is None:
            RoundWindow.create(round=round_.id, kind=kind, **values)
        else:
            RoundWindow.update(**values).where(RoundWindow.id == window.id).execute()
        after = [clock.format_minute(x) for x in (opens, closes, correct)]
        audit.record(
            actor=actor, now=now, verb="round.window_changed", subject=("round", round_.id),
            detail={"kind": kind, "before": before, "after": after},
        )  # fmt: skip


def _check_window(opens: datetime, closes: datetime, correct: datetime) -> None:
    if closes <= opens:
        raise Invalid("时间先后不对。", {"closes_at": ["截止时间必须晚于开始时间。"]})
    if correct < closes:
        raise Invalid("时间先后不对。", {"correct_until": ["补正截止不能早于申报截止。"]})


def close_round(*, actor: Actor, now: datetime, round_: Round) -> None:
    """Close a round: nothing can be added any more; what is in review goes on."""
    rules.can_manage(actor, round_).demand()
    with write_transaction():
        if (
            Round.update(state="closed", version=Round.version + 1)
            .where((Round.id == round_.id) & (Round.state == "open"))
            .execute()
        ):
            audit.record(actor=actor, now=now, verb="round.closed", subject=("round", round_.id))


def grant_late_exception(
    *, actor: Actor, now: datetime, round_: Round, unit: Organization, case_id: int, until: datetime, reason: str
) -> LateException:
    """Keep one case open until `until`, with the reason on record (peers.md W13)."""
    rules.can_manage(actor, round_).demand()
    reason = clean_text(reason, 500)
    if len(reason) < 5:
        raise Invalid("请写明延期理由。", {"reason": ["请写明延期理由（不少于 5 个字），将随办件留痕。"]})
    if until <= now:
        raise Invalid("延期时间不对。", {"until": ["延期截止必须晚于现在。"]})
    with write_transaction():
        granted = LateException.create(
            round=round_.id, unit=unit, case_id=case_id, until=until, reason=reason, granted_by_id=actor.user_id,
            granted_by_name=actor.name, granted_at=now,
        )  # fmt: skip
        audit.record(
            actor=actor, now=now, verb="case.extended", subject=("case", case_id), case_id=case_id,
            detail={"until": clock.format_minute(until), "reason": reason},
        )  # fmt: skip
    return granted


def publish_notice(*, actor: Actor, now: datetime, title: str, body: str, pinned: bool = False) -> Notice:
    """Publish a notice of the actor's office."""
    rules.can_manage(actor).demand()
    title, body = clean_line(title, 80), clean_text(body, 10_000)
    problems = {}
    if not title:
        problems["title"] = ["请填写公告标题。"]
    if not body:
        problems["body"] = ["请填写公告正文。"]
    if problems:
        raise Invalid("公告没有填完整。", problems)
    with write_transaction():
        notice = Notice.create(
            office=actor.org_id, title=title, body=body, pinned=pinned, published_at=now, author_name=actor.name
        )
        audit.record(
            actor=actor, now=now, verb="notice.published", subject=("notice", notice.id), detail={"title": title}
        )
    return notice


def withdraw_notice(*, actor: Actor, now: datetime, notice: Notice) -> None:
    """Take a notice of the actor's office down; it stays on record. Raises Refused for another office's notice."""
    rules.can_withdraw(actor, notice).demand()
    with write_transaction():
        if (
            Notice.update(withdrawn_at=now)
            .where((Notice.id == notice.id) & (Notice.office == actor.org_id) & Notice.withdrawn_at.is_null())
            .execute()
        ):
            audit.record(
                actor=actor,
                now=now,
                verb="notice.withdrawn",
                subject=("notice", notice.id),
                detail={"title": notice.title},
            )
