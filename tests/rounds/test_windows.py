"""When something may be submitted or corrected, at the exact instants (S001-08, S002-112 … 115, X-15; security.md R14).

The window of tests.world: 1 March 2024 00:00 to 15 April 2024 23:59:59 in China, correction ten days longer.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gkportal.core import clock
from gkportal.rounds import queries, rules
from gkportal.rounds.models import RoundWindow

OPENS = datetime(2024, 2, 29, 16, 0, tzinfo=UTC)
CLOSES = datetime(2024, 4, 15, 15, 59, 59, tzinfo=UTC)
CORRECT = datetime(2024, 4, 25, 15, 59, 59, tzinfo=UTC)
TICK = timedelta(microseconds=1)
NOT_YET = "申报尚未开始，2024-03-01 00:00 起可以提交。"
TOO_LATE = "申报已于 2024-04-15 23:59 截止，系统自动关闭，不再受理。确有特殊情况的，请联系工考办申请个案延期。"
CORRECTION_OVER = "补正已于 2024-04-25 23:59 截止。确有特殊情况的，请联系工考办申请个案延期。"


@pytest.fixture
def window(app, world) -> RoundWindow:
    return queries.windows_of(world.round.id)["level"]


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (OPENS - timedelta(days=30), NOT_YET),
        (OPENS - TICK, NOT_YET),
        (OPENS, ""),
        (OPENS + TICK, ""),
        (CLOSES - TICK, ""),
        (CLOSES, ""),
        (CLOSES + TICK, TOO_LATE),
        (CLOSES + timedelta(seconds=1), TOO_LATE),
        (CORRECT, TOO_LATE),
    ],
)
def test_a_first_submission(window, now, reason):
    """The closing instant itself still counts, one microsecond later does not."""
    answer = rules.can_submit(window, now)
    assert (answer.ok, answer.reason) == (not reason, reason)


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (OPENS, ""),
        (CLOSES, ""),
        (CLOSES + TICK, ""),
        (CORRECT - TICK, ""),
        (CORRECT, ""),
        (CORRECT + TICK, CORRECTION_OVER),
    ],
)
def test_a_correction_has_the_longer_window(window, now, reason):
    answer = rules.can_correct(window, now)
    assert (answer.ok, answer.reason) == (not reason, reason)


@pytest.mark.parametrize("rule", [rules.can_submit, rules.can_correct])
def test_a_late_exception_counts_up_to_its_own_instant(window, rule):
    late = datetime(2024, 5, 6, 9, 0, tzinfo=UTC)
    assert rule(window, late, late_until=late)
    assert not rule(window, late + TICK, late_until=late)
    assert not rule(window, late, late_until=None)
    assert rule(None, late, late_until=late), "an exception holds even where the round has no such window"


@pytest.mark.parametrize("rule", [rules.can_submit, rules.can_correct])
def test_a_kind_without_a_window_is_closed(rule):
    assert rule(None, CLOSES).reason == "本年度批次没有开放这项申报。"


@pytest.mark.parametrize(
    ("now", "state", "days", "hours", "urgent"),
    [
        (OPENS - TICK, "before", 46, 1103, False),
        (OPENS, "open", 45, 1103, False),
        (datetime(2024, 4, 7, 15, 59, 59, tzinfo=UTC), "open", 8, 192, False),
        (datetime(2024, 4, 7, 16, 0, tzinfo=UTC), "open", 7, 191, True),
        (datetime(2024, 4, 10, 1, 30, tzinfo=UTC), "open", 5, 134, True),
        (datetime(2024, 4, 14, 16, 0, tzinfo=UTC), "open", 0, 23, True),
        (CLOSES, "open", 0, 0, True),
        (CLOSES + TICK, "closed", 0, 0, False),
    ],
)
def test_what_people_read_of_a_window(window, now, state, days, hours, urgent):
    """Days by the calendar in China: on the closing day it is 0 and the hours are shown."""
    view = rules.view_window(window, now)
    assert (view.state, view.days_left, view.hours_left, view.urgent) == (state, days, hours, urgent)
    assert view.closing_text == "4月15日（星期一）23:59 截止"


def test_the_bar_goes_from_nothing_to_all(window):
    shares = [
        rules.view_window(window, now).share_gone
        for now in (OPENS - timedelta(days=9), OPENS, CLOSES, CLOSES + timedelta(days=9))
    ]
    assert shares == [0, 0, 100, 100]


def test_instants_survive_the_database_to_the_microsecond(app, world):
    """What the rule compares is what was stored."""
    instant = CLOSES + TICK
    RoundWindow.update(closes_at=instant).where(RoundWindow.round == world.round).execute()
    stored = queries.windows_of(world.round.id)["level"].closes_at
    assert stored == instant and stored.utcoffset() == timedelta(0)
    assert clock.local(stored).isoformat() == "2024-04-15T23:59:59.000001+08:00"


def test_the_round_of_the_nearest_office_counts_then_the_latest_year(app, world):
    """A unit takes part in the open round of its own district before the city's of the same year."""
    from gkportal.rounds.models import Round

    unit = world.orgs["unit"].path
    assert queries.current_round(unit).public_id == "round-2024"
    for key, year, state in (
        ("district", 2023, "open"),
        ("district", 2024, "closed"),
        ("other_district", 2024, "open"),
    ):
        Round.create(
            office=world.orgs[key],
            year=year,
            title=f"{key}{year}",
            pack_id="changzhou/2024",
            state=state,
            created_at=OPENS,
        )
    assert queries.current_round(unit).public_id == "round-2024"
    own = Round.create(
        office=world.orgs["district"], year=2024, title="区批次", pack_id="changzhou/2024", created_at=OPENS
    )
    assert queries.current_round(unit).id == own.id
    Round.update(state="closed").execute()
    assert queries.current_round(unit) is None
