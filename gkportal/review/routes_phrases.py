"""管理常用意见: a small modal (a page without JavaScript)."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.wrappers import Response

from gkportal.auth.sessions import current_actor
from gkportal.core.access import access, roles
from gkportal.core.actor import Role
from gkportal.core.errors import Invalid
from gkportal.core.htmx import events, go, is_fragment, page_or_fragment
from gkportal.core.text import clean_line
from gkportal.review import phrases, queries
from gkportal.review.routes import blueprint
from gkportal.review.states import MAX_PHRASE


@blueprint.get("/review/phrases", endpoint="phrases")
@access(roles(Role.REVIEWER))
def show_phrases() -> Response:
    """One's own phrases."""
    return _list()


def _list(error: Invalid | None = None) -> Response:
    return page_or_fragment(
        "review/phrases.html",
        "review/_phrases.html",
        status=422 if error else 200,
        own=queries.phrases_of(current_actor()),
        uses=phrases.USES,
        problems=error.problems if error else {},
        message=error.message if error else "",
        text=clean_line(request.form.get("text"), MAX_PHRASE) if error else "",
        chosen=clean_line(request.values.get("decision"), 8),
        max_phrase=MAX_PHRASE,
    )


@blueprint.post("/review/phrases", endpoint="add_phrase")
@access(roles(Role.REVIEWER))
def add() -> Response:
    """Add one."""
    try:
        phrases.add_phrase(
            actor=current_actor(),
            decision=clean_line(request.form.get("decision"), 8),
            text=request.form.get("text", ""),
        )
    except Invalid as error:
        return _list(error)
    return _changed()


@blueprint.post("/review/phrases/<public_id>/delete", endpoint="remove_phrase")
@access(roles(Role.REVIEWER))
def remove(public_id: str) -> Response:
    """Delete one."""
    phrases.remove_phrase(actor=current_actor(), public_id=public_id)
    return _changed()


def _changed() -> Response:
    if not is_fragment():
        return go(url_for("review.phrases"))
    return events(_list(), phrases_changed=True)
