"""Pages of the roster: 工勤人员查询, 工勤人员信息, and showing a full 公民身份号码."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, g, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from gkportal.auth.sessions import current_actor
from gkportal.core import clock
from gkportal.core.access import access, roles
from gkportal.core.htmx import is_fragment, page_or_fragment
from gkportal.core.paging import Page, read_page
from gkportal.policy import Pack
from gkportal.policy.dictionaries import EDUCATION, ESTABLISHMENT, HIRED_GRADE, POLITICAL, SEX, STATUS
from gkportal.roster import forms, history, labels, operations, queries, rules
from gkportal.roster.catalogue import catalogue
from gkportal.roster.filters import RosterFilters, problems, read_filters
from gkportal.roster.models import Worker
from gkportal.roster.scope import READERS

blueprint = Blueprint("roster", __name__, url_prefix="/roster")

#: Filters behind 更多条件, which opens by itself when one of them is set.
_MORE = ("sex", "born_from", "born_to", "department", "office")
_FORGOTTEN = "姓名、公民身份号码条件已失效，请重新填写后查询；下面是按其余条件查到的人员。"


def register(app: Flask) -> None:
    """Add the roster's pages."""
    app.register_blueprint(blueprint)


@blueprint.get("")
@access(roles(*READERS))
def index() -> Response:
    """The list. Filters stand in the URL, except personal data: `q` names what the session keeps."""
    token = request.args.get("q", "")
    personal = forms.kept_personal(session, token) if token else {}
    filters = read_filters(request.args, personal)
    return _list(filters, token if personal else "", forgotten=personal is None)


@blueprint.post("")
@access(roles(*READERS))
def find() -> AnyResponse:
    """查询: checks the filters, keeps the personal ones in the session, shows the first page."""
    filters = read_filters(request.form, request.form)
    if problems(filters, catalogue()):
        return _list(filters, "")
    token = forms.keep_personal(session, filters)
    address = url_for("roster.index", **_arguments(filters, token, read_page(request.form)[1]))
    if not is_fragment():
        return redirect(address, code=303)
    response = _list(filters, token)
    response.headers["HX-Push-Url"] = address
    return response


def _arguments(filters: RosterFilters, token: str, size: int) -> dict[str, Any]:
    arguments: dict[str, Any] = dict(filters.public)
    if token:
        arguments["q"] = token
    if size != 10:
        arguments["per_page"] = size
    return arguments


def _list(filters: RosterFilters, token: str, *, forgotten: bool = False) -> Response:
    actor, pack = current_actor(), catalogue()
    number, size = read_page(request.values)
    options = forms.choices(actor, pack)
    found = problems(filters, pack)
    if filters.office and filters.office not in {key for key, _ in options["offices"]}:
        found["office"] = "所选上级工考办不在您能查询的范围内，请重新选择。"
    page = Page([], 1, size, 0) if found else queries.search(actor, filters, number, size, pack=pack)
    results_only = request.headers.get("HX-Target") == "roster-list" and not found
    return page_or_fragment(
        "roster/index.html",
        "roster/_results.html" if results_only else "roster/_search.html",
        status=422 if found else 200,
        result=page,
        filters=filters,
        options=options,
        problems=found,
        problem_links=[(f"f-{key}", text) for key, text in found.items()],
        message=_FORGOTTEN if forgotten else "",
        arguments=_arguments(filters, token, size),
        more_open=any(getattr(filters, name) for name in _MORE),
        many_units=actor.org_kind != "unit",
    )


@blueprint.get("/<public_id>")
@access(roles(*READERS))
def detail(public_id: str) -> Response:
    """工勤人员信息 (S000-34)."""
    return _detail(queries.get_visible(current_actor(), public_id))


def _detail(worker: Worker, *, id_number: str = "") -> Response:
    bundle = queries.bundles([worker.id])[worker.id]
    pack = catalogue()
    return page_or_fragment(
        "roster/detail.html",
        "roster/_detail.html",
        bundle=bundle,
        worker=bundle.worker,
        id_number=id_number,
        place=labels.places_of([bundle.unit.id]).get(bundle.unit.id, {}),
        labels=_labels(bundle.worker, pack),
        grades=dict(forms.pack_grades(pack)) if pack else {},
        **labels.subset_rows(bundle, pack),
        missing=rules.missing_for_declaration(bundle),
        answer=rules.can_declare(bundle),
        events=[
            (clock.format_minute(event.at), event.text, event.actor_name, event.org_name)
            for event in history.of_worker(worker.id)
        ],
    )


def _labels(worker: Worker, pack: Pack | None) -> dict[str, Any]:
    trade = pack.trade(worker.trade_code) if pack else None
    return {
        "sex": SEX.label(worker.sex),
        "education": EDUCATION.label(worker.education),
        "political": POLITICAL.label(worker.political),
        "status": STATUS.label(worker.status),
        "establishment": ESTABLISHMENT.label(worker.establishment),
        "trade": trade.name if trade else worker.trade_code,
        "special": bool(trade and trade.hazardous),
        "grade": pack.grade_label(worker.grade) if pack else str(worker.grade),
        "hired_grade": HIRED_GRADE.label(worker.hired_grade) if worker.hired_at else "",
    }


@blueprint.post("/<public_id>/reveal")
@access(roles(*READERS))
def reveal(public_id: str) -> Response:
    """Show the full number of one person; that it was looked at is recorded."""
    worker = operations.reveal_id_number(actor=current_actor(), now=g.received_at, public_id=public_id)
    if not is_fragment():
        return _detail(worker, id_number=worker.id_number)
    return page_or_fragment("roster/detail.html", "roster/_id_number.html", worker=worker)
