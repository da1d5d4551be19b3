"""待办审核: the list with its filters."""

from __future__ import annotations

from typing import Any

from flask import g, request, session, url_for
from werkzeug.wrappers import Response

from gkportal.auth.sessions import current_actor
from gkportal.core import clock
from gkportal.core.access import access, roles
from gkportal.core.actor import Actor, Role
from gkportal.core.htmx import go, is_fragment, page_or_fragment
from gkportal.core.paging import read_page
from gkportal.core.text import clean_name
from gkportal.review import inbox
from gkportal.review.inbox import InboxFilters
from gkportal.review.labels import labels_of
from gkportal.review.routes import blueprint
from gkportal.review.states import DECISION_TONES, DECISIONS

#: Key of the name filter in the server-side session: personal data stays out of addresses.
_NAME = "review_name"


def current_filters() -> InboxFilters:
    """The filters of this request: the address, and the session's name where the address says so."""
    name = session.get(_NAME, "") if request.args.get("named") else ""
    return InboxFilters.read(request.args, name)


def current_tab() -> str:
    """waiting or done."""
    return "done" if request.args.get("tab") == "done" else "waiting"


@blueprint.get("/review", endpoint="inbox")
@access(roles(Role.REVIEWER))
def show_inbox() -> Response:
    """待办 or 已办."""
    return _list(current_tab(), current_filters(), *read_page(request.args))


@blueprint.post("/review/filter")
@access(roles(Role.REVIEWER))
def filter_inbox() -> Response:
    """查询: keep the name in the session, everything else in the address."""
    tab = "done" if request.form.get("tab") == "done" else "waiting"
    filters = InboxFilters.read(request.form, clean_name(request.form.get("name")))
    session[_NAME] = filters.name
    _, size = read_page(request.form)
    address = list_url(tab, filters, size)
    if not is_fragment():
        return go(address)
    response = _list(tab, filters, 1, size)
    response.headers["HX-Push-Url"] = address
    return response


def list_url(tab: str, filters: InboxFilters, size: int = 10, number: int = 1) -> str:
    """Address of a page of the list."""
    extra: dict[str, Any] = {"tab": tab} if tab != "waiting" else {}
    extra |= {"per_page": size} if size != 10 else {}
    extra |= {"page": number} if number > 1 else {}
    return url_for("review.inbox", **filters.url_args(), **extra)


def _list(tab: str, filters: InboxFilters, number: int, size: int) -> Response:
    actor = current_actor()
    page = inbox.page(actor, tab, filters, number, size)
    return page_or_fragment(
        "review/inbox.html",
        "review/_inbox.html",
        rows=[_row(row) for row in page.rows],
        page=page,
        tab=tab,
        tabs=inbox.TABS,
        counts=inbox.tab_counts(actor),
        filters=filters,
        choices=_choices(actor, tab),
        decisions=DECISIONS,
        list_url=list_url,
    )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    labels = labels_of(row["pack_id"])
    return row | {
        "grade_label": labels.grade(row["grade"]) if row["grade"] else "",
        "mode_label": labels.mode(row["mode"]),
        "trade_name": labels.trade(row["trade_code"]),
        "days": inbox.days_waiting(row["arrived_at"], clock.local(g.received_at).date()),
        "decision_label": DECISIONS.get(row["decision"], ""),
        "tone": DECISION_TONES.get(row["decision"], ""),
    }


def _choices(actor: Actor, tab: str) -> dict[str, list[tuple[str, str]]]:
    found = inbox.choices(actor, tab)
    labels = labels_of(found["pack"][0] if found["pack"] else "")
    return {
        "kind": [(key, labels.kind(key)) for key in found["kind"]],
        "grade": [(str(number), labels.grade(number)) for number in found["grade"]],
        "mode": [(key, labels.mode(key)) for key in found["mode"]],
        "trade": [(code, labels.trade(code)) for code in found["trade"]],
        "unit": found["unit"],
    }
