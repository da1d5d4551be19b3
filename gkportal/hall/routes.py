"""单位办事大厅 / 工作台."""

from __future__ import annotations

import re

from flask import Blueprint, Flask, g, redirect, request, url_for
from werkzeug.wrappers import Response

from gkportal.auth.sessions import current_actor
from gkportal.core.access import SIGNED_IN, access
from gkportal.core.actor import SEPARATED_ADMINS, Actor, Role
from gkportal.core.errors import NotFound
from gkportal.core.htmx import go, is_fragment, page_or_fragment
from gkportal.core.text import clean_line
from gkportal.hall import audit_words, items, operations, queries
from gkportal.review import queries as cases
from gkportal.rounds import queries as rounds

blueprint = Blueprint("hall", __name__)
_CASE_NUMBER = re.compile(r"\d{16}")


def register(app: Flask) -> None:
    """Add the pages to `app`."""
    app.register_blueprint(blueprint)
    audit_words.register()


@blueprint.get("/")
@access(SIGNED_IN)
def index() -> Response:
    """The first page after signing in: what waits, items, windows, notices."""
    actor = current_actor()
    if actor.roles and actor.roles <= SEPARATED_ADMINS:
        return redirect(url_for(_admin_home(actor)))
    words = clean_line(request.args.get("q"), 60)
    if _CASE_NUMBER.fullmatch(words):
        found = cases.visible_cases(actor).where(cases.Case.number == words).first()
        if found is not None:
            return redirect(url_for("review.case_detail", public_id=found.public_id))
    context = _items(actor, words)
    if is_fragment():
        return page_or_fragment("hall/index.html", "hall/_items.html", **context)
    round_title, windows = queries.windows_for(actor, g.received_at)
    return page_or_fragment(
        "hall/index.html",
        "hall/_items.html",
        **context,
        round_title=round_title,
        windows=windows,
        waiting=queries.waiting_for(actor, g.received_at),
        notices=rounds.notices_for(actor, g.received_at, limit=6),
        now=g.received_at,
        in_unit=actor.org_kind == "unit",
    )


def _admin_home(actor: Actor) -> str:
    if actor.has(Role.SYSTEM_ADMIN):
        return "auth.system_status"
    return "auth.grants" if actor.has(Role.SECURITY_ADMIN) else "auth.audit_log"


def _items(actor: Actor, words: str) -> dict:
    starred = queries.favourites(actor)
    mine = items.items_for(actor)
    category = request.args.get("category", "")
    counts = {key: sum(item.category == key for item in mine) for key in items.CATEGORIES}
    shown = [item for item in mine if items.matches(item, words)] if words else mine
    if category == "starred":
        shown = [item for item in shown if item.key in starred]
    elif category in items.CATEGORIES:
        shown = [item for item in shown if item.category == category]
    shown.sort(key=lambda item: item.key not in starred)
    return {
        "items": [(item, url_for(item.endpoint, **dict(item.arguments))) for item in shown],
        "starred": starred,
        "category": category,
        "categories": [(key, label, counts[key]) for key, label in items.CATEGORIES.items() if counts[key]],
        "total": len(mine),
        "starred_count": sum(item.key in starred for item in mine),
        "words": words,
    }


@blueprint.post("/favourites/<item_key>")
@access(SIGNED_IN)
def favourite(item_key: str) -> Response:
    """收藏 or 取消收藏."""
    actor = current_actor()
    if item_key not in {item.key for item in items.items_for(actor)}:
        raise NotFound()
    operations.toggle_favourite(actor=actor, item_key=item_key)
    if is_fragment():
        return page_or_fragment("hall/index.html", "hall/_items.html", **_items(actor, ""))
    return go(url_for("hall.index"))
