"""The blueprint of 待办审核 and 我的办件. The views are in `routes_*`."""

from __future__ import annotations

from flask import Blueprint, Flask

from gkportal.review import timeline

blueprint = Blueprint("review", __name__)


def register(app: Flask) -> None:
    """Add the pages, and tell this package's events in the timeline."""
    from gkportal.review import routes_bulk, routes_cases, routes_inbox, routes_phrases, routes_task  # noqa: F401

    app.register_blueprint(blueprint)
    timeline.register_own(app)
