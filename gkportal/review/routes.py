"""The blueprint of 待办审核 and 我的办件. The views are in `routes_*`."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Flask

from gkportal.core import clock
from gkportal.review import timeline

blueprint = Blueprint("review", __name__)


def register(app: Flask) -> None:
    """Add the pages, and tell this package's events in the timeline."""
    from gkportal.review import routes_bulk, routes_cases, routes_inbox, routes_phrases, routes_task  # noqa: F401

    app.register_blueprint(blueprint)
    app.jinja_env.filters["short_minute"] = short_minute
    timeline.register_own(app)


def short_minute(instant: datetime | None) -> str:
    """`4月8日 16:03`, with the year when it is not this one; "" for None."""
    if instant is None:
        return ""
    when = clock.local(instant)
    year = "" if when.year == clock.today().year else f"{when.year}年"
    return f"{year}{when.month}月{when.day}日 {when:%H:%M}"
