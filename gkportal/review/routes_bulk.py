"""Many tasks, one opinion: confirm in a modal or page, then one result per row."""

from __future__ import annotations

from flask import g, request
from werkzeug.wrappers import Response

from gkportal.auth.sessions import current_actor
from gkportal.core.access import access, roles
from gkportal.core.actor import Role
from gkportal.core.errors import Invalid
from gkportal.core.htmx import events, page_or_fragment
from gkportal.core.text import clean_line, clean_text
from gkportal.review import bulk, inbox, phrases, queries
from gkportal.review.models import ReviewTask
from gkportal.review.routes import blueprint
from gkportal.review.routes_inbox import current_filters
from gkportal.review.states import DECISIONS, MAX_BULK, MAX_OPINION


@blueprint.post("/review/bulk")
@access(roles(Role.REVIEWER))
def bulk_form() -> Response:
    """What is about to be decided: the ticked rows by name, the decision and its one opinion."""
    actor = current_actor()
    if request.form.get("all"):
        ids = inbox.waiting_ids(actor, current_filters(), MAX_BULK + 1)
    else:
        # One value per chosen row, also of other pages, or all joined by commas.
        ids = [item for item in ",".join(request.form.getlist("ids")).split(",") if item][: MAX_BULK + 1]
    if not ids:
        raise Invalid("还没有勾选任何一件，请先勾选要办理的待办。")
    if len(ids) > MAX_BULK:
        raise Invalid(f"一次最多办理 {MAX_BULK} 件，请用查询条件分批办理。")
    tasks = queries.tasks_for_bulk(actor, ids)
    return _form(tasks, clean_line(request.form.get("decision"), 8))


def _form(tasks: list[ReviewTask], decision: str, *, error: Invalid | None = None) -> Response:
    actor = current_actor()
    decision = decision if decision in ("pass", "return") else "pass"
    return page_or_fragment(
        "review/bulk.html",
        "review/_bulk.html",
        status=422 if error else 200,
        open_tasks=[task for task in tasks if task.state == "waiting"],
        late_tasks=[task for task in tasks if task.state != "waiting"],
        decision=decision,
        label=DECISIONS[decision],
        opinion=clean_text(request.form.get("opinion"), MAX_OPINION),
        canned=phrases.canned(actor, tasks[0])[decision] if tasks else [],
        problems=error.problems if error else {},
        message=error.message if error else "",
        max_opinion=MAX_OPINION,
        filter_args=current_filters().url_args(),
    )


@blueprint.post("/review/bulk/decide")
@access(roles(Role.REVIEWER))
def bulk_decide() -> Response:
    """Decide row by row and tell the outcome of each."""
    actor = current_actor()
    decision = clean_line(request.form.get("decision"), 8)
    wanted = _wanted(request.form.getlist("tasks"))
    try:
        outcomes = bulk.decide_many(
            actor=actor, now=g.received_at, wanted=wanted, decision=decision, opinion=request.form.get("opinion", "")
        )
    except Invalid as error:
        if not wanted or len(wanted) > MAX_BULK:
            raise
        return _form(queries.tasks_for_bulk(actor, dict(wanted)), decision, error=error)
    response = page_or_fragment(
        "review/bulk_result.html",
        "review/_bulk_result.html",
        outcomes=outcomes,
        done=sum(1 for outcome in outcomes if outcome.ok),
        label=DECISIONS[decision],
        filter_args=current_filters().url_args(),
    )
    return events(response, inbox_changed=True, gk_selection_clear={"name": "inbox"})


def _wanted(values: list[str]) -> list[tuple[str, int]]:
    """`public_id:version` pairs; anything else is dropped."""
    pairs = (value.rpartition(":") for value in values)
    return [
        (key, int(version))
        for key, _, version in pairs
        if key and version.isascii() and version.isdigit() and len(version) < 10
    ]
