"""The page of one applicant: the form with autosave, rows edited in line, what is applied for, the check page."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from flask import Response, g, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from gkportal.auth.sessions import current_actor
from gkportal.core.access import access, roles
from gkportal.core.actor import Actor, Role
from gkportal.core.errors import Invalid
from gkportal.core.htmx import events, go, is_fragment, page_or_fragment
from gkportal.declarations import applicant_page, dossiers, form_input, operations, operations_form, queries, readiness
from gkportal.declarations.first_values import new_row_id
from gkportal.declarations.form_input import FormInput
from gkportal.declarations.models import Application
from gkportal.declarations.operations_form import Saved
from gkportal.declarations.routes import blueprint
from gkportal.declarations.routes_case import CLERKS
from gkportal.declarations.tasks import tasks_of
from gkportal.policy import FormDefinition

READERS = roles(Role.CLERK, Role.UNIT_ADMIN, Role.REVIEWER, Role.ROUND_ADMIN)


@dataclass(slots=True)
class Verb:
    """`do` of a posted form: auto, save, next, choice, or add/edit/done/cancel/delete of a row."""

    name: str = "save"
    section: str = ""
    row_id: str = ""
    opened: dict[str, list[str]] = field(default_factory=dict)


@blueprint.get("/applications/<public_id>")
@access(CLERKS)
def applicant(public_id: str) -> Response:
    """The form. `check=1` shows what is missing; `open=career:3f2a` opens a row."""
    actor = current_actor()
    application = queries.own_application(actor, public_id)
    opened: dict[str, list[str]] = {}
    for text in request.args.getlist("open"):
        section, _, row_id = text.partition(":")
        opened.setdefault(section, []).append(row_id[:24])
    page = applicant_page.build(
        actor, application, g.received_at, strict=request.args.get("check") == "1", open_rows=opened
    )
    return _show(page)


def _show(page: applicant_page.ApplicantPage, status: int = 200, **more: object) -> Response:
    return page_or_fragment(
        "declarations/applicant.html", "declarations/_applicant.html", status=status, page=page, **more
    )


@blueprint.get("/applications/<public_id>/rail")
@access(CLERKS)
def rail(public_id: str) -> Response:
    """Progress, print state and eligibility after an autosave, with the messages at the fields."""
    actor = current_actor()
    application = queries.own_application(actor, public_id)
    page = applicant_page.build(actor, application, g.received_at)
    return make_response(render_template("declarations/_applicant_rail.html", page=page, with_messages=True))


@blueprint.post("/applications/<public_id>/seen/<section>")
@access(CLERKS)
def seen(public_id: str, section: str) -> Response:
    """A section came into view: remembered, so that the list says 已看过，未完成."""
    actor = current_actor()
    application = queries.own_application(actor, public_id)
    definition = _definition(application)
    if section not in application.seen_sections and definition.section(section) is not None:
        operations_form.save_form(
            actor=actor,
            now=g.received_at,
            application=application,
            definition=definition,
            sent=FormInput(seen=[section]),
        )
    return make_response("", 204)


def _definition(application: Application) -> FormDefinition:
    return dossiers.load_pack(application.case.pack_id).form(application.kind)


@blueprint.post("/applications/<public_id>/form")
@access(CLERKS)
def save(public_id: str) -> BaseResponse:
    """Autosave, 暂存, 保存并去材料列表, a changed choice: values are stored whatever they are."""
    return _save(public_id, _verb())


@blueprint.post("/applications/<public_id>/rows/<section>")
@access(CLERKS)
def save_rows(public_id: str, section: str) -> BaseResponse:
    """Add, edit, finish, cancel or delete a row; what stands in the form is stored along with it."""
    verb = _verb()
    verb.section = verb.section or section
    return _save(public_id, verb)


def _verb() -> Verb:
    """`do=done:career:3f2a`; open rows are those whose inputs were sent."""
    parts = request.form.get("do", "auto" if request.headers.get("X-Autosave") else "save").split(":")
    return Verb(parts[0], parts[1] if len(parts) > 1 else "", parts[2][:24] if len(parts) > 2 else "")


def _save(public_id: str, verb: Verb) -> BaseResponse:
    actor = current_actor()
    application = queries.own_application(actor, public_id)
    definition = _definition(application)
    sent = form_input.read(request.form, definition)
    verb.opened = _opened(sent, verb)
    _apply_row_verb(sent, verb)
    stale = 0 < sent.version < application.form_version
    saved = operations_form.save_form(
        actor=actor, now=g.received_at, application=application, definition=definition, sent=sent
    )
    message = _change(actor, application, sent, verb, stale=stale)
    if verb.name == "auto":
        return _autosaved(saved, application)
    return _answer(actor, application, saved, verb, message)


def _opened(sent: FormInput, verb: Verb) -> dict[str, list[str]]:
    opened: dict[str, list[str]] = {}
    for row in sent.rows:
        if (row.section, row.row_id) != (verb.section, verb.row_id) or verb.name == "edit":
            opened.setdefault(row.section, []).append(row.row_id)
    if verb.name == "edit" and verb.row_id not in opened.get(verb.section, []):
        opened.setdefault(verb.section, []).append(verb.row_id)
    if verb.name == "add":
        opened.setdefault(verb.section, []).append(new_row_id())
    return opened


def _apply_row_verb(sent: FormInput, verb: Verb) -> None:
    """取消 puts back what the row was when it was opened, or takes a new row away; 删除 takes it out."""
    place = (verb.section, verb.row_id)
    if verb.name == "delete":
        sent.delete.append(place)
    if verb.name != "cancel":
        return
    before = form_input.read_undo(request.form.get(f"undo.{verb.section}.{verb.row_id}"))
    if before is None:
        sent.delete.append(place)
        return
    for row in sent.rows:
        if (row.section, row.row_id) == place:
            row.values = {key: before.get(key, "") for key in row.values}


def _change(actor: Actor, application: Application, sent: FormInput, verb: Verb, *, stale: bool) -> str:
    """Apply what was chosen for grade, mode, flag and trade; the sentence when it could not be done."""
    choice = applicant_page.choice_from(application, sent.bound, request.form.get("flag"))
    reason = request.form.get("override_reason")
    now = (application.grade, application.mode, application.flag, application.trade_code)
    wanted = (choice.grade, choice.mode, choice.flag, choice.trade_code)
    same_reason = reason is None or reason.strip() == application.override_reason
    if wanted == now and same_reason:
        return ""
    if wanted != now and stale:
        return "申报工种、等级或方式刚被其他经办人改动，已按最新的显示，请核对后再改。"
    try:
        operations.change_application(
            actor=actor, now=g.received_at, application=application, choice=choice, reason=reason
        )
    except Invalid as error:
        return error.message
    return ""


def _autosaved(saved: Saved, application: Application) -> Response:
    response = make_response("", 204)
    if saved.clashes or saved.behind:
        return events(response, form_reload=True)
    return events(response, gk_saved={"version": application.form_version}, form_changed=True)


def _answer(actor: Actor, application: Application, saved: Saved, verb: Verb, message: str) -> BaseResponse:
    dossier = dossiers.load_one(application)
    opened = verb.opened
    status = 200
    if verb.name == "done" and _row_wrong(dossier, verb):
        opened.setdefault(verb.section, []).append(verb.row_id)
        status = 422
    strict = verb.name == "next" and bool(dossier.errors)
    if strict:
        status = 422
    if saved.clashes or message:
        status = 409
    if status == 200 and verb.name == "next":
        return go(url_for("declarations.material_list", public_id=application.public_id))
    if status == 200 and not is_fragment():
        return go(_page_url(application, opened, verb))
    editor = operations_form.last_editor(application, but=actor) if saved.clashes else ""
    page = applicant_page.build(
        actor, application, g.received_at, strict=strict, open_rows=opened, clashes=saved.clashes, editor=editor
    )
    _keep_undo(page)
    return _show(
        page, status, message=message, just_saved=True, clashes=saved.clashes, focus_row=_focus_row(verb, opened)
    )


def _keep_undo(page: applicant_page.ApplicantPage) -> None:
    """A row that stays open keeps what 取消 goes back to, also when it has been stored meanwhile."""
    for section in page.form.sections:
        for row in section.rows:
            sent = form_input.read_undo(request.form.get(f"undo.{section.key}.{row.id}"))
            if row.open and sent is not None:
                row.undo = json.dumps(sent, ensure_ascii=False)
            elif row.open and any(name.startswith(f"row.{section.key}.{row.id}.") for name in request.form):
                row.new = True


def _focus_row(verb: Verb, opened: dict[str, list[str]]) -> str:
    """The row the reader goes on with."""
    if verb.name == "add":
        return f"{verb.section}:{opened[verb.section][-1]}"
    return f"{verb.section}:{verb.row_id}" if verb.name in ("edit", "done") else ""


def _row_wrong(dossier: dossiers.Dossier, verb: Verb) -> bool:
    rows = dossier.application.form.get(verb.section, [])
    index = next((i for i, row in enumerate(rows) if row.get("id") == verb.row_id), None)
    return index is not None and any(p.section == verb.section and p.row_index == index for p in dossier.errors)


def _page_url(application: Application, opened: dict[str, list[str]], verb: Verb) -> str:
    rows = [f"{section}:{row_id}" for section, ids in opened.items() for row_id in ids]
    anchor = f"s-{verb.section}" if verb.section else None
    return url_for("declarations.applicant", public_id=application.public_id, open=rows, _anchor=anchor)


@blueprint.get("/applications/<public_id>/check")
@access(READERS)
def check(public_id: str) -> str:
    """提交前核对: every value, the rules, the print and the materials of one person on one page."""
    actor = current_actor()
    application = queries.get_application(actor, public_id)
    one = readiness.check([application], application.case, g.received_at)[application.id]
    page = applicant_page.build(actor, application, g.received_at, strict=True)
    return render_template("declarations/check.html", page=page, one=one, person=tasks_of(one))
