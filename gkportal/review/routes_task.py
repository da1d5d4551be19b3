"""The two-pane page: look, judge item by item, decide."""

from __future__ import annotations

from typing import Any

from flask import flash, g, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from gkportal.auth.sessions import current_actor
from gkportal.core import clock
from gkportal.core.access import access, roles
from gkportal.core.actor import Actor, Role
from gkportal.core.errors import Conflict, Invalid
from gkportal.core.htmx import go, is_fragment, page_or_fragment
from gkportal.core.text import clean_line, clean_text, whole_number
from gkportal.review import bench, inbox, operations, queries, rules
from gkportal.review.labels import labels_of
from gkportal.review.models import ReviewTask
from gkportal.review.routes import blueprint
from gkportal.review.routes_inbox import current_filters
from gkportal.review.states import DECISION_TONES, DECISIONS, MAX_OPINION, MAX_REMARK, VERDICTS


@blueprint.get("/review/<public_id>")
@access(roles(Role.REVIEWER))
def task(public_id: str) -> Response:
    """One task in two panes; `item`, `file` and `page` choose what is shown."""
    return _bench(queries.get_task(current_actor(), public_id))


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else default


def _bench(
    found: ReviewTask, *, status: int = 200, problems: dict[str, list[str]] | None = None, message: str = ""
) -> Response:
    actor, filters = current_actor(), current_filters()
    item = clean_line(request.values.get("item"), 120)
    view = bench.build(actor, found, filters, item_key=item, file_index=_number("file", 1) - 1, page=_number("page", 1))
    return page_or_fragment(
        "review/task.html", "review/_bench.html", status=status, view=view, strip=view.strip, task=found,
        problems=problems or {}, message=message, typed=_typed(), **_context(actor, found, filters),
    )  # fmt: skip


def _context(actor: Actor, found: ReviewTask, filters: inbox.InboxFilters) -> dict[str, Any]:
    return {
        "filter_args": filters.url_args(),
        "waiting": inbox.waiting_count(actor),
        "days": inbox.days_waiting(found.arrived_at, clock.local(g.received_at).date()),
        "labels": labels_of(found.case.pack_id),
        "verdict_labels": VERDICTS,
        "decision_labels": DECISIONS,
        "decision_tones": DECISION_TONES,
        "outcome": "" if found.state == "waiting" else rules.outcome_sentence(found),
        "max_remark": MAX_REMARK,
        "max_opinion": MAX_OPINION,
    }


def _typed() -> dict[str, str]:
    """What a refused form contained, so that nothing typed is lost."""
    form = request.form
    return {
        "verdict": clean_line(form.get("verdict"), 8),
        "remark": clean_text(form.get("remark"), MAX_REMARK),
        "opinion": clean_text(form.get("opinion"), MAX_OPINION),
        "return_to": clean_line(form.get("return_to"), 16),
        "open_next": "" if request.method == "POST" and not form.get("open_next") else "1",
        "sent": "1" if request.method == "POST" else "",
    }


@blueprint.post("/review/<public_id>/items")
@access(roles(Role.REVIEWER))
def save_item(public_id: str) -> Response:
    """Keep the verdict on one item. htmx gets what changes: saved note, strip, decision bar."""
    actor = current_actor()
    found = queries.get_task(actor, public_id)
    form = request.form
    try:
        found = operations.set_item_verdict(
            actor=actor, now=g.received_at, task=found, item_key=clean_line(form.get("item"), 120),
            verdict=_verdict(), remark=form.get("remark", ""),
        )  # fmt: skip
    except Invalid as error:
        return _item_answer(found, error)
    except Conflict as error:
        return _conflict(found, error)
    return _item_answer(found, None)


def _verdict() -> str:
    """The chosen verdict; a remark without one means 需修改, so that it is never dropped."""
    chosen = clean_line(request.form.get("verdict"), 8)
    return chosen or ("fix" if clean_text(request.form.get("remark"), MAX_REMARK) else "")


def _item_answer(found: ReviewTask, error: Invalid | None) -> Response:
    item = clean_line(request.form.get("item"), 120)
    if not is_fragment():
        if error is not None:
            return _bench(found, status=422, problems=error.problems, message=error.message)
        return go(url_for("review.task", public_id=found.public_id, item=item, **current_filters().url_args()))
    actor = current_actor()
    view = bench.strip(actor, found, item)
    body = render_template(
        "review/_saved.html", strip=view, task=found, problems=error.problems if error else {}, typed=_typed(),
        message=error.message if error else "", saved_at=clock.local(g.received_at),
        **_context(actor, found, current_filters()),
    )  # fmt: skip
    return make_response(body, 422 if error else 200)


@blueprint.post("/review/<public_id>/decide")
@access(roles(Role.REVIEWER))
def decide(public_id: str) -> Response:
    """通过, 退回修改, 不通过. The verdict on the open item travels along, so nothing typed is lost."""
    actor = current_actor()
    found = queries.get_task(actor, public_id)
    decision = clean_line(request.form.get("decision"), 8)
    try:
        if decision == "reject" and not request.form.get("confirmed") and found.state == "waiting":
            return _confirm_reject(actor, found)
        decided = _decide(actor, found, decision)
    except Invalid as error:
        return _bench(queries.get_task(actor, public_id), status=422, problems=error.problems, message=error.message)
    except Conflict as error:
        return _conflict(queries.get_task(actor, public_id), error)
    return _after(actor, decided, repeated=found.state == "done")


def _decide(actor: Actor, found: ReviewTask, decision: str) -> ReviewTask:
    form = request.form
    return operations.decide(
        actor=actor,
        now=g.received_at,
        task=found,
        version=whole_number(form.get("version")),
        decision=decision,
        return_to=clean_line(form.get("return_to"), 16) or "unit",
        opinion=form.get("opinion", ""),
        item=(clean_line(form.get("item"), 120), _verdict(), form.get("remark", "")),
    )


def _confirm_reject(actor: Actor, found: ReviewTask) -> Response:
    rules.can_review(actor, found).demand()
    opinion = clean_text(request.form.get("opinion"), MAX_OPINION)
    return page_or_fragment(
        "review/reject.html", "review/_reject.html", task=found, headline=bench.headline(found), opinion=opinion,
        filter_args=current_filters().url_args(), typed=_typed(), item=clean_line(request.form.get("item"), 120),
        version=clean_line(request.form.get("version"), 12), max_opinion=MAX_OPINION,
    )  # fmt: skip


def _after(actor: Actor, decided: ReviewTask, *, repeated: bool) -> Response:
    """The next waiting task of the same filter, or this one with its outcome (R17: the same again for F5)."""
    filters = current_filters()
    if not repeated:
        flash(f"{decided.person_name}　{DECISIONS[decided.decision]}，已记录。", "ok")
    following = inbox.next_after(actor, decided, filters) if request.form.get("open_next") else None
    if request.form.get("open_next") and following is None:
        if not repeated:
            flash("这一批待办已全部办完。", "ok")
        return go(url_for("review.inbox", **filters.url_args()))
    return go(url_for("review.task", public_id=following or decided.public_id, **filters.url_args()))


def _conflict(found: ReviewTask, error: Conflict) -> Response:
    """409: who decided what and when, and where to go on."""
    if is_fragment():
        raise error
    actor, filters = current_actor(), current_filters()
    body = render_template(
        "review/conflict.html", task=found, message=error.message, headline=bench.headline(found), typed=_typed(),
        following=inbox.next_after(actor, found, filters), filter_args=filters.url_args(),
    )  # fmt: skip
    return make_response(body, 409)


@blueprint.get("/review/<public_id>/next")
@access(roles(Role.REVIEWER))
def next_task(public_id: str) -> Response:
    """Skip to the next waiting task of the filter; the list when there is none."""
    actor, filters = current_actor(), current_filters()
    following = inbox.next_after(actor, queries.get_task(actor, public_id), filters)
    if following is None:
        return go(url_for("review.inbox", **filters.url_args()))
    return go(url_for("review.task", public_id=following, **filters.url_args()))
