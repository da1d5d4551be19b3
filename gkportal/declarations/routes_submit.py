"""Submission: 核对 → 承诺书 → 联系人信息 → 确认提交, the confirmation page, withdrawal, and the case's late exception."""

from __future__ import annotations

from datetime import UTC

from flask import Response, g, make_response, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as BaseResponse
from wtforms import DateTimeLocalField, TextAreaField
from wtforms.validators import InputRequired, Length

from gkportal.auth.models import User
from gkportal.auth.sessions import current_actor
from gkportal.core import clock
from gkportal.core.access import access, roles
from gkportal.core.actor import Actor, Role
from gkportal.core.errors import Invalid, NotFound
from gkportal.core.htmx import go, is_fragment
from gkportal.declarations import queries, readiness, states, submission, windows
from gkportal.declarations.models import Application
from gkportal.declarations.routes import blueprint
from gkportal.orgs.models import Organization
from gkportal.policy import load_pack
from gkportal.review.models import Case
from gkportal.rounds import operations as rounds
from gkportal.rounds import rules as round_rules

_CLERKS = roles(Role.CLERK)


def _ticked(case: Case) -> list[Application]:
    """The ticked people of the case; without a tick everybody who can still be submitted."""
    wanted = {part for value in request.values.getlist("ids") for part in value.split(",") if part}
    if wanted:
        return queries.applications_of(case, public_ids=wanted)
    return [item for item in queries.applications_of(case) if item.state in states.EDITABLE]


@blueprint.route("/declarations/case/<public_id>/submit", methods=["GET", "POST"])
@access(_CLERKS)
def submit(public_id: str) -> Response:
    """提交前核对 of the ticked people, with 承诺书 and 联系人信息. Looking changes nothing."""
    actor = current_actor()
    return _submit_page(actor, queries.get_case(actor, public_id))


def _submit_page(actor: Actor, case: Case, status: int = 200, **values: object) -> Response:
    people = _ticked(case)
    checked = readiness.check(people, case, g.received_at)
    user = User.get(User.id == actor.user_id)
    context = {
        "case": case, "people": [(item, checked[item.id]) for item in people], "pack": load_pack(case.pack_id),
        "window": windows.window_view(case, queries.kind_of(case), g.received_at), "problems": {},
        "contact_name": case.contact_name or actor.name, "contact_phone": case.contact_phone or user.phone,
        "pledge": "", "message": "", "not_ready": sum(not one.ready for one in checked.values()),
    }  # fmt: skip
    html = render_template("declarations/submit.html", **{**context, **values})
    return make_response(html, status)


@blueprint.post("/declarations/case/<public_id>/submit/confirm")
@access(_CLERKS)
def confirm_submission(public_id: str) -> BaseResponse:
    """确认提交."""
    actor = current_actor()
    case = queries.get_case(actor, public_id)
    typed = {
        "contact_name": request.form.get("contact_name", ""), "contact_phone": request.form.get("contact_phone", ""),
        "pledge": request.form.get("pledge", ""),
    }  # fmt: skip
    people = _ticked(case)
    if not people:
        return _submit_page(actor, case, 422, message="没有选择要提交的人员，请返回勾选。", **typed)
    problem = _pledge_problem(actor, case, typed["pledge"])
    if problem:
        return _submit_page(actor, case, 422, problems={"pledge": [problem]}, **typed)
    try:
        contact = submission.read_contact(typed["contact_name"], typed["contact_phone"])
        sent = submission.submit(actor=actor, now=g.received_at, case=case, applications=people, contact=contact)
    except Invalid as error:
        return _submit_page(actor, case, 422, problems=error.problems, message=error.message, **typed)
    return go(url_for("declarations.submitted", public_id=case.public_id, people=len(sent)))


def _pledge_problem(actor: Actor, case: Case, answer: str) -> str:
    if answer == "agree":
        return ""
    if answer == "disagree":
        submission.decline_pledge(actor=actor, now=g.received_at, case=case)
        return "您选择了“不同意”，已记录，本次没有提交。核实清楚后选择“同意”才能提交。"
    return "请阅读承诺书，并选择“同意”或“不同意”。"


@blueprint.get("/declarations/case/<public_id>/submitted")
@access(_CLERKS)
def submitted(public_id: str) -> str:
    """Number, time, next step (peers.md §4.2 confirmation page)."""
    actor = current_actor()
    case = queries.get_case(actor, public_id)
    people = queries.applications_of(case)
    reviewing = [item for item in people if item.state == states.IN_REVIEW]
    route = reviewing[0].route if reviewing else []
    left = [item for item in people if item.state in states.EDITABLE]
    step = next((item for item in route if item["index"] == reviewing[0].step_index), None) if reviewing else None
    phone = Organization.get(Organization.id == step["organization_id"]).phone if step else ""
    return render_template(
        "declarations/submitted.html", case=case, reviewing=reviewing, left=left, step=step, route=route, phone=phone,
        window=windows.window_view(case, queries.kind_of(case), g.received_at),
    )  # fmt: skip


@blueprint.post("/applications/<public_id>/withdraw")
@access(_CLERKS)
def withdraw(public_id: str) -> BaseResponse:
    """撤回 before the first decision."""
    actor = current_actor()
    application = queries.own_application(actor, public_id)
    submission.withdraw(actor=actor, now=g.received_at, case=application.case, application=application)
    return go(url_for("declarations.case", public_id=application.case.public_id))


class ExtensionForm(FlaskForm):
    """个案延期."""

    until = DateTimeLocalField(
        "延期至", format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        validators=[InputRequired("请填写延期截止时间，如 2024-04-20 17:00。")],
    )  # fmt: skip
    reason = TextAreaField(
        "延期理由", validators=[InputRequired("请写明延期理由。"), Length(max=500, message="理由不超过 500 字。")],
        description="将写入办理记录，单位可见。",
    )  # fmt: skip


@blueprint.route("/declarations/case/<public_id>/extension", methods=["GET", "POST"])
@access(roles(Role.ROUND_ADMIN))
def extend_case(public_id: str) -> BaseResponse:
    """One case stays open beyond the deadline, with a reason on record."""
    actor = current_actor()
    case = _case_below(actor, public_id)
    form = ExtensionForm()
    if form.validate_on_submit():
        try:
            rounds.grant_late_exception(
                actor=actor, now=g.received_at, round_=case.round, unit=case.unit, case_id=case.id,
                until=form.until.data.replace(tzinfo=clock.SHANGHAI).astimezone(UTC), reason=form.reason.data,
            )  # fmt: skip
            return go(url_for("declarations.extensions"))
        except Invalid as error:
            for name, sentences in error.problems.items():
                form[name].errors = [*form[name].errors, *sentences]
    template = "declarations/_extension.html" if is_fragment() else "declarations/extension.html"
    return make_response(render_template(template, form=form, case=case), 422 if form.errors else 200)


def _case_below(actor: Actor, public_id: str) -> Case:
    """A declaration case of a unit below the office that runs its round; drafts too, for those are what is late."""
    found = (
        Case.select(Case, Organization)
        .join(Organization, on=(Case.unit == Organization.id))
        .where((Case.public_id == public_id) & Organization.path.startswith(actor.org_path))
        .first()
    )
    if found is None or found.round is None:
        raise NotFound()
    round_rules.can_manage(actor, found.round).demand()
    return found


@blueprint.route("/declarations/extensions", methods=["GET", "POST"])
@access(roles(Role.ROUND_ADMIN))
def extensions() -> Response:
    """个案延期: find a case by its number, see what has been granted."""
    actor = current_actor()
    number = (request.values.get("number") or "").strip()[:16]
    found = _by_number(actor, number) if number else None
    html = render_template("declarations/extensions.html", number=number, found=found, granted=_granted(actor))
    return make_response(html, 422 if number and found is None else 200)


def _by_number(actor: Actor, number: str) -> Case | None:
    return (
        Case.select(Case, Organization)
        .join(Organization, on=(Case.unit == Organization.id))
        .where((Case.number == number) & Organization.path.startswith(actor.org_path) & Case.round.is_null(False))
        .first()
    )


def _granted(actor: Actor) -> list:
    from gkportal.rounds.models import LateException

    rows = (
        LateException.select(LateException, Organization, Case.number, Case.title)
        .join(Organization, on=(LateException.unit == Organization.id))
        .switch(LateException)
        .join(Case, on=(LateException.case_id == Case.id), attr="filed")
        .where(Organization.path.startswith(actor.org_path))
        .order_by(LateException.id.desc())
        .limit(100)
    )
    return list(rows)
