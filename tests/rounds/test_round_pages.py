"""时间安排, notices, and the rules of windows at their exact instants (S001-02…08, S002-112…115)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gkportal.rounds import rules
from gkportal.rounds.models import Notice, Round, RoundWindow

OPENS = datetime(2024, 3, 1, tzinfo=UTC)
CLOSES = datetime(2024, 4, 15, 15, 59, 59, tzinfo=UTC)
LAST = CLOSES + timedelta(days=10)
TICK = timedelta(microseconds=1)
WINDOW = RoundWindow(kind="level", opens_at=OPENS, closes_at=CLOSES, correct_until=LAST)


@pytest.mark.parametrize(
    ("now", "submit", "correct"),
    [
        (OPENS - TICK, False, True), (OPENS, True, True), (CLOSES, True, True), (CLOSES + TICK, False, True),
        (LAST, False, True), (LAST + TICK, False, False),
    ],
)  # fmt: skip
def test_windows_at_their_edges(now, submit, correct) -> None:
    assert bool(rules.can_submit(WINDOW, now)) is submit
    assert bool(rules.can_correct(WINDOW, now)) is correct


def test_a_late_exception_ends_at_its_instant() -> None:
    until = LAST + timedelta(days=1)
    assert rules.can_submit(WINDOW, until, late_until=until)
    assert not rules.can_submit(WINDOW, until + TICK, late_until=until)
    assert rules.can_correct(WINDOW, until, late_until=until)


def test_the_refusal_names_the_time_and_the_way_out() -> None:
    assert rules.can_submit(WINDOW, CLOSES + TICK).reason == (
        "申报已于 2024-04-15 23:59 截止，系统自动关闭，不再受理。确有特殊情况的，请联系工考办申请个案延期。"
    )


def test_days_left_are_calendar_days_in_china() -> None:
    view = rules.view_window(WINDOW, datetime(2024, 4, 12, 16, 30, tzinfo=UTC))  # 13 April, 00:30 in China
    assert (view.days_left, view.urgent, view.closing_text) == (2, True, "4月15日（星期一）23:59 截止")
    assert rules.view_window(WINDOW, CLOSES - timedelta(hours=5)).hours_left == 5


def test_everybody_reads_the_schedule_and_only_the_office_changes_it(sign_in) -> None:
    page = sign_in("clerk").get("/rounds").get_data(as_text=True)
    assert "2024 年度等级考评" in page and "2024-04-15 23:59" in page and "调整" not in page
    assert "调整" in sign_in("round_admin").get("/rounds").get_data(as_text=True)
    assert sign_in("clerk").get("/rounds/new").status_code == 403


def test_a_round_is_opened_from_a_pack_with_its_windows(sign_in) -> None:
    admin = sign_in("round_admin")
    data = {"year": "2026", "title": "2026 年度等级考评", "pack_id": "changzhou/2024"}
    assert admin.post("/rounds/new", data=data).status_code == 303
    made = Round.get(Round.year == 2026)
    windows = {window.kind: window.closes_at for window in RoundWindow.select().where(RoundWindow.round == made)}
    assert windows["level"] == datetime(2026, 4, 15, 15, 59, 59, tzinfo=UTC)
    assert windows["senior_technician"] == datetime(2026, 7, 5, 15, 59, 59, tzinfo=UTC)
    again = admin.post("/rounds/new", data=data)
    assert again.status_code == 422 and "已有同名批次" in again.get_data(as_text=True)


def test_a_window_is_changed_once_per_version(sign_in, world) -> None:
    admin = sign_in("round_admin")
    address = "/rounds/round-2024/windows/level"
    assert 'value="2024-04-15T23:59' in admin.get(address).get_data(as_text=True)
    data = {
        "version": "1",
        "opens_at": "2024-03-01T00:00",
        "closes_at": "2024-04-18T17:00",
        "correct_until": "2024-04-30T17:00",
    }
    assert admin.post(address, data=data).status_code == 303
    window = RoundWindow.get((RoundWindow.round == world.round.id) & (RoundWindow.kind == "level"))
    assert window.closes_at == datetime(2024, 4, 18, 9, 0, tzinfo=UTC)
    stale = admin.post(address, data=data)
    assert stale.status_code == 409 and "刚被他人修改过" in stale.get_data(as_text=True)
    wrong = admin.post(address, data={**data, "version": "2", "closes_at": "2024-02-01T00:00"}, htmx=True)
    assert wrong.status_code == 422 and "截止时间必须晚于开始时间" in wrong.get_data(as_text=True)


def test_closing_a_round(sign_in, world) -> None:
    assert sign_in("round_admin").post("/rounds/round-2024/close").status_code == 303
    assert Round.get_by_id(world.round.id).state == "closed"
    assert "当前没有开放的年度批次" in sign_in("clerk").get("/").get_data(as_text=True)


def test_notices_reach_the_units_below_and_can_be_taken_down(sign_in) -> None:
    admin = sign_in("round_admin")
    made = admin.post("/notices/new", data={"title": "停机通知", "body": "第一行\n第二行 <b>"})
    page = sign_in("foreign_clerk").get(made.location).get_data(as_text=True)
    assert "停机通知" in page and "<p>第二行 &lt;b&gt;</p>" in page
    empty = admin.post("/notices/new", data={"title": "", "body": ""})
    assert empty.status_code == 422 and "请填写公告标题。" in empty.get_data(as_text=True)
    admin.post(f"{made.location}/withdraw")
    assert sign_in("clerk").get(made.location).status_code == 404
    assert Notice.select().count() == 1
