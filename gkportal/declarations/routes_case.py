"""The page of a declaration: its people, their tasks, what to do with the ticked ones."""

from __future__ import annotations

from flask import Response, flash, g, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from gkportal.auth.models import User
from gkportal.auth.sessions import current_actor
from gkportal.core.access import access, roles
from gkportal.core.actor import Actor, Role
from gkportal.core.errors import Invalid, NotFound
from gkportal.core.htmx import events, go, is_fragment, page_or_fragment
from gkportal.core.text import clean_line
from gkportal.declarations import case_page, operations, queries, readiness
from gkportal.declarations.case_page import CasePage
from gkportal.declarations.models import Application
from gkportal.declarations.routes import blueprint
from gkportal.orgs.models import Organization
from gkportal.review.models import Case

CLERKS = roles(Role.CLERK)
KINDS = ("level", "technician", "senior_technician")


def unit_of(actor: Actor) -> Organization:
    """The clerk's own unit."""
    return Organization.get_by_id(actor.org_id)


def checked_kind(kind: str) -> str:
    """The kind of the address. Raises NotFound."""
    if kind not in KINDS:
        raise NotFound("没有这一申报事项，请从左侧菜单进入。")
    return kind


@blueprint.get("/declarations/<kind>")
@access(CLERKS)
def current(kind: str) -> Response:
    """The unit's declaration of this kind in the current round, or the empty state."""
    actor = current_actor()
    page = case_page.current_page(actor, unit_of(actor), checked_kind(kind), g.received_at)
    for row in page.rows:
        row.picked = row.person.state == "ready"
    return _show(page)


@blueprint.route("/declarations/case/<public_id>", methods=["GET", "POST"])
@access(CLERKS)
def case(public_id: str) -> Response:
    """One declaration. Filters with names are posted, so that they stay out of addresses and logs."""
    return _show(_page(current_actor(), public_id))


def _page(actor: Actor, public_id: str) -> CasePage:
    found = queries.get_case(actor, public_id)
    page = case_page.build(actor, found.unit, queries.kind_of(found), found.round, found, g.received_at)
    case_page.narrow(page, request.values.get("state", ""), clean_line(request.form.get("name"), 50))
    picked, opened = ticked_ids(), set(request.values.getlist("open"))
    for row in page.rows:
        row.picked = row.application.public_id in picked if "ids" in request.values else row.person.state == "ready"
        row.open = row.application.public_id in opened
    return page


def _show(page: CasePage) -> Response:
    context = {"page": page, "contact": _contact(page)}
    if is_fragment() and request.headers.get("HX-Target") == "people":
        response = make_response(render_template("declarations/_case_people.html", **context))
        response.vary.add("HX-Request, HX-Target")
        return response
    return page_or_fragment("declarations/case.html", "declarations/_case.html", **context)


def _contact(page: CasePage) -> tuple[str, str]:
    """经办人 and telephone: of the submission, before it the signed-in clerk's."""
    if page.case is not None and page.case.contact_name:
        return page.case.contact_name, page.case.contact_phone
    actor = current_actor()
    return actor.name, User.get_by_id(actor.user_id).phone


@blueprint.get("/applications/<public_id>/tasks")
@access(CLERKS)
def person_tasks(public_id: str) -> Response:
    """One person's row, opened or closed in place."""
    actor = current_actor()
    application = queries.own_application(actor, public_id)
    rows = case_page.person_rows(actor, [application], application.case, g.received_at)
    rows[0].number = queries.neighbours(application)[0]
    rows[0].open = request.args.get("closed") is None
    rows[0].picked = application.public_id in ticked_ids()
    if not is_fragment():
        return go(url_for("declarations.case", public_id=application.case.public_id, open=public_id))
    return make_response(render_template("declarations/_case_rows.html", rows=rows, case=application.case))


@blueprint.post("/applications/<public_id>/remove")
@access(CLERKS)
def remove(public_id: str) -> BaseResponse:
    """Take one person out of the case."""
    actor = current_actor()
    application = queries.own_application(actor, public_id)
    operations.remove_applicant(actor=actor, now=g.received_at, application=application)
    return _after_removal(application.case, f"已从办件中删除{application.worker_name}。")


@blueprint.post("/declarations/case/<public_id>/remove")
@access(CLERKS)
def remove_ticked(public_id: str) -> BaseResponse:
    """Take the ticked people out; those who may not go stay and are named."""
    actor = current_actor()
    found = queries.get_case(actor, public_id)
    people = ticked(found)
    kept = operations.remove_applicants(actor=actor, now=g.received_at, applications=people)
    sentence = f"已删除 {len(people) - len(kept)} 人。"
    if kept:
        sentence += "未删除：" + "；".join(f"{name}（{reason}）" for name, reason in kept)
    return _after_removal(found, sentence, "warn" if kept else "ok")


def ticked_ids() -> set[str]:
    """Public ids of the ticked people: one value each, or joined by commas (static/js/lists.js)."""
    return {part for value in request.values.getlist("ids") for part in value.split(",") if part}


def ticked(found: Case) -> list[Application]:
    """The ticked people of a case. Raises Invalid when nobody is ticked."""
    wanted = ticked_ids()
    people = [item for item in queries.applications_of(found) if item.public_id in wanted]
    if not people:
        raise Invalid("还没有选择人员，请先在列表中勾选。")
    return people


def _after_removal(found: Case, sentence: str, tone: str = "ok") -> BaseResponse:
    if is_fragment():
        response = make_response("", 204)
        return events(response, applicants_changed=True, gk_message={"text": sentence, "tone": tone})
    flash(sentence, tone)
    return go(url_for("declarations.case", public_id=found.public_id))


@blueprint.route("/declarations/case/<public_id>/check", methods=["GET", "POST"])
@access(CLERKS)
def check_case(public_id: str) -> str:
    """提交前核对 of several people: what stands against submitting each of them."""
    actor = current_actor()
    found = queries.get_case(actor, public_id)
    wanted = ticked_ids()
    people = [item for item in queries.applications_of(found) if not wanted or item.public_id in wanted]
    checked = readiness.check(people, found, g.received_at)
    return render_template(
        "declarations/check_case.html", case=found, people=[(item, checked[item.id]) for item in people]
    )
