"""申报时间 of the hall before, on the last day and after (S000-08, S001-08)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gkportal.core import clock
from tests.client import client_for


@pytest.mark.parametrize(
    ("now", "shown"),
    [
        (datetime(2024, 2, 29, 15, 59, tzinfo=UTC), "未开始"),
        (datetime(2024, 4, 15, 1, 0, tzinfo=UTC), "还剩 14 小时"),
        (datetime(2024, 4, 15, 15, 59, 59, tzinfo=UTC), "还剩 0 小时"),
        (datetime(2024, 4, 15, 16, 0, 0, tzinfo=UTC), "已截止"),
    ],
)
def test_windows_before_on_the_last_day_and_after(app, world, now, shown):
    """The session is of that time, too."""
    with clock.freeze(now):
        page = client_for(app, world.users["clerk"]).get("/").get_data(as_text=True)
    assert shown in page.replace('<span class="gk-days">', "").replace("</span>", "")
