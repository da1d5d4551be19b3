"""我的办件: list, progress, detail, history, receipt."""

from __future__ import annotations

from typing import Any

from flask import Response as FlaskResponse
from flask import g, request, url_for
from werkzeug.wrappers import Response

from gkportal.auth.sessions import current_actor
from gkportal.core import clock
from gkportal.core.access import access, roles
from gkportal.core.actor import Actor, Role
from gkportal.core.htmx import is_fragment, page_or_fragment
from gkportal.core.paging import read_page
from gkportal.core.services import service
from gkportal.core.web import PREVIEW_CSP
from gkportal.documents.forms.receipt import FORM
from gkportal.review import caselist, caseview, handlers, queries, receipts
from gkportal.review.caselist import CaseFilters
from gkportal.review.models import Case
from gkportal.review.routes import blueprint
from gkportal.review.states import FINISHED_STATES

_PEOPLE = roles(Role.CLERK, Role.UNIT_ADMIN, Role.REVIEWER, Role.ROUND_ADMIN)


@blueprint.get("/cases")
@access(_PEOPLE)
def my_cases() -> Response:
    """我的办件 (S000-92…96); for supervisors the cases of the units below."""
    return _list(history=False)


@blueprint.get("/cases/history")
@access(_PEOPLE)
def case_history() -> Response:
    """历史办件: finished, or of earlier years."""
    return _list(history=True)


def _list(*, history: bool) -> Response:
    actor = current_actor()
    filters = CaseFilters.read(request.args)
    tab = request.args.get("tab", "all")
    tab = tab if tab in caselist.TABS and not history else "all"
    number, size = read_page(request.args)
    page = caselist.page(actor, tab, filters, number, size, history=history)
    endpoint = "review.case_history" if history else "review.my_cases"

    def list_url(tab: str = tab, number: int = 1, size: int = size) -> str:
        extra: dict[str, Any] = {"tab": tab} if tab != "all" else {}
        extra |= {"per_page": size} if size != 10 else {}
        extra |= {"page": number} if number > 1 else {}
        return url_for(endpoint, **filters.url_args(), **extra)

    return page_or_fragment(
        "cases/history.html" if history else "cases/my_cases.html",
        "cases/_list.html",
        rows=[caseview.row(actor, case, g.received_at) for case in page.rows],
        edits=_edits(actor, page.rows),
        page=page,
        tab=tab,
        tabs={} if history else caselist.TABS,
        counts=caselist.tab_counts(actor, filters, history=history),
        filters=filters,
        kinds=caselist.kinds(actor),
        years=caselist.years(actor) if history else [],
        problem=caselist.number_problem(filters),
        history=history,
        supervises=actor.has(Role.REVIEWER, Role.ROUND_ADMIN),
        list_url=list_url,
        endpoint=endpoint,
    )


def _edits(actor: Actor, cases: list[Case]) -> dict[int, tuple[str, str]]:
    """{case id: (address of 修改, reason why not)} for the unit's own unfinished cases, one question per kind."""
    by_kind: dict[str, list[Case]] = {}
    for case in cases:
        if case.unit_id == actor.org_id and case.state not in FINISHED_STATES:
            by_kind.setdefault(case.kind, []).append(case)
    found = {}
    for kind, group in by_kind.items():
        handler = handlers.case_handler(kind)
        answers = handler.edit_answers(actor, group)
        for case in group:
            answer = answers[case.id]
            found[case.id] = (handler.open_url(case) if answer.ok else "", answer.reason)
    return found


@blueprint.get("/cases/<public_id>")
@access(_PEOPLE)
def case_detail(public_id: str) -> Response:
    """办件详情."""
    actor = current_actor()
    case = queries.get_case(actor, public_id)
    return page_or_fragment(
        "cases/detail.html", "cases/_detail.html", view=caseview.detail(actor, case, g.received_at), case=case
    )


@blueprint.get("/cases/<public_id>/progress")
@access(_PEOPLE)
def case_progress(public_id: str) -> Response:
    """查看进度: a row put under its case; `close=1` puts the empty row back."""
    actor = current_actor()
    case = queries.get_case(actor, public_id)
    closing = is_fragment() and request.args.get("close") == "1"
    return page_or_fragment(
        "cases/progress.html",
        "cases/_progress_closed.html" if closing else "cases/_progress_row.html",
        view=None if closing else caseview.progress(actor, case, g.received_at),
        case=case,
        columns=8 if actor.has(Role.REVIEWER, Role.ROUND_ADMIN) else 7,
    )


@blueprint.get("/cases/<public_id>/receipt.pdf")
@access(_PEOPLE)
def case_receipt(public_id: str) -> Response:
    """办件回执 to print; printing is recorded."""
    actor = current_actor()
    case = queries.get_case(actor, public_id)
    context = receipts.context(case, printed_on=clock.format_minute(g.received_at))
    document = service("renderer").render(FORM, context)
    receipts.note_printed(actor=actor, now=g.received_at, case=case)
    response = FlaskResponse(document.pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="receipt-{case.number}.pdf"'
    response.headers["Content-Security-Policy"] = PREVIEW_CSP
    return response
