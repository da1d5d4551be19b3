"""单位信息 for everybody, 机构管理 for offices (S000-11)."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, flash, g, request, url_for
from werkzeug.wrappers import Response

from gkportal.core.access import SIGNED_IN, Rule, access
from gkportal.core.actor import Actor
from gkportal.core.errors import Conflict, GkError, Invalid, Refused
from gkportal.core.htmx import done, go, is_fragment, page_or_fragment
from gkportal.core.paging import read_page
from gkportal.core.text import clean_line, whole_number
from gkportal.orgs import operations, queries, rules
from gkportal.orgs.forms import ContactForm, OrganizationForm
from gkportal.orgs.models import KINDS, LEVELS, Organization

blueprint = Blueprint("orgs", __name__)
OFFICE_MANAGER = Rule("工考办的单位管理员或批次管理员", rules.is_office_manager)


def register(app: Flask) -> None:
    """Add the pages to `app`."""
    app.register_blueprint(blueprint)


def _actor() -> Actor:
    # The package that knows sessions lies above this one; it leaves the actor behind this seam.
    return current_app.extensions["gk_load_actor"]()


@blueprint.get("/organization")
@access(SIGNED_IN)
def profile() -> Response:
    """单位信息: the actor's own organisation."""
    actor = _actor()
    organization = Organization.get_by_id(actor.org_id)
    return page_or_fragment(
        "orgs/profile.html", "orgs/_profile.html", organization=organization, kinds=KINDS, levels=LEVELS,
        above=queries.ancestors(organization), edit=rules.can_edit_own(actor, organization),
    )  # fmt: skip


@blueprint.route("/organization/contact", methods=["GET", "POST"])
@access(SIGNED_IN)
def edit_profile() -> Response:
    """Change telephone, address and contact of the own organisation."""
    actor = _actor()
    organization = Organization.get_by_id(actor.org_id)
    rules.can_edit_own(actor, organization).demand()
    form = ContactForm(obj=organization)
    if form.validate_on_submit():
        try:
            operations.edit_own(
                actor=actor, now=g.received_at, organization=organization, version=_version(form), phone=form.phone.data,
                address=form.address.data, contact_name=form.contact_name.data,
            )  # fmt: skip
            return _finished("单位信息已保存。", url_for("orgs.profile"))
        except GkError as error:
            attach(form, error)
    return _form_answer("orgs/contact_form.html", "orgs/_contact_form.html", form, organization=organization)


@blueprint.get("/organizations")
@access(OFFICE_MANAGER)
def tree() -> Response:
    """机构管理: the organisations below the actor's office."""
    actor = _actor()
    filters = queries.TreeFilters(
        name=clean_line(request.args.get("name"), 60),
        kind=request.args.get("kind", "") if request.args.get("kind") in KINDS else "",
        state=request.args.get("state", "") if request.args.get("state") in ("active", "inactive") else "",
    )
    number, size = read_page(request.args, 50)
    page = queries.tree(actor, filters, number, size)
    return page_or_fragment(
        "orgs/tree.html", "orgs/_tree.html", page=page, filters=filters, kinds=KINDS, levels=LEVELS, own_id=actor.org_id
    )


@blueprint.route("/organizations/new", methods=["GET", "POST"])
@access(OFFICE_MANAGER)
def new() -> Response:
    """Put an organisation below an office or department."""
    actor = _actor()
    form = OrganizationForm()
    parents = _fill_parents(form, queries.possible_parents(actor))
    if request.method == "GET":
        form.parent.data = request.args.get("parent", form.parent.data)
        form.kind.data, form.level.data = "unit", actor.org_level
    if form.validate_on_submit():
        try:
            made = operations.add_organization(
                actor=actor, now=g.received_at, parent=parents[form.parent.data], data=_data(form)
            )
            return _finished(f"已新增“{made.name}”。下一步请到“经办人管理”为它建立账号。", url_for("orgs.tree"))
        except GkError as error:
            attach(form, error)
    return _form_answer("orgs/edit_form.html", "orgs/_edit_form.html", form, organization=None, title="新增机构")


@blueprint.route("/organizations/<public_id>", methods=["GET", "POST"])
@access(OFFICE_MANAGER)
def edit(public_id: str) -> Response:
    """Change or move an organisation."""
    actor = _actor()
    organization = queries.get_visible(actor, public_id)
    rules.can_manage(actor, organization).demand()
    form = OrganizationForm(obj=organization)
    choices = queries.possible_parents(actor, organization)
    if organization.parent_id and organization.parent_id not in {item.id for item in choices}:
        choices.append(organization.parent)
    parents = _fill_parents(form, choices)
    if request.method == "GET" and organization.parent is not None:
        form.parent.data = organization.parent.public_id
    if form.validate_on_submit():
        try:
            operations.edit_organization(
                actor=actor, now=g.received_at, organization=organization, version=_version(form),
                parent=parents[form.parent.data], data=_data(form),
            )  # fmt: skip
            return _finished("机构信息已保存。", url_for("orgs.tree"))
        except GkError as error:
            attach(form, error)
    return _form_answer(
        "orgs/edit_form.html",
        "orgs/_edit_form.html",
        form,
        organization=organization,
        title=f"修改 {organization.name}",
    )


@blueprint.route("/organizations/<public_id>/active", methods=["GET", "POST"])
@access(OFFICE_MANAGER)
def set_active(public_id: str) -> Response:
    """Take an organisation out of use, or back; the GET asks."""
    actor = _actor()
    organization = queries.get_visible(actor, public_id)
    below = queries.active_below(organization) if organization.active else 0
    answer = (
        rules.can_deactivate(actor, organization, below)
        if organization.active
        else rules.can_manage(actor, organization)
    )
    if request.method == "POST":
        operations.set_active(
            actor=actor,
            now=g.received_at,
            organization=organization,
            version=_posted_version(),
            active=not organization.active,
        )
        return _finished(f"“{organization.name}”已{'停用' if organization.active else '启用'}。", url_for("orgs.tree"))
    return page_or_fragment("orgs/active.html", "orgs/_active.html", organization=organization, answer=answer)


def _fill_parents(form: OrganizationForm, parents: list[Organization]) -> dict[str, Organization]:
    shallowest = min((item.path.count("/") for item in parents), default=0)
    form.parent.choices = {item.public_id: "　" * (item.path.count("/") - shallowest) + item.name for item in parents}
    return {item.public_id: item for item in parents}


def _data(form: OrganizationForm) -> operations.OrganizationData:
    names = operations.OrganizationData.__slots__
    return operations.OrganizationData(**{name: getattr(form, name).data or "" for name in names})


def _version(form: ContactForm | OrganizationForm) -> int:
    return whole_number(form.version.data)


def _posted_version() -> int:
    return whole_number(request.form.get("version"))


def attach(form: ContactForm | OrganizationForm, error: GkError) -> None:
    """Put an operation's refusal beside its field, or above the form."""
    if not isinstance(error, Invalid | Conflict | Refused):
        raise error
    problems = error.problems if isinstance(error, Invalid) else {}
    for name, texts in problems.items():
        form[name].errors = [*form[name].errors, *texts]
    if not problems:
        form.form_errors.append(error.message)


def _form_answer(page: str, fragment: str, form: ContactForm | OrganizationForm, **context: object) -> Response:
    status = 422 if request.method == "POST" else 200
    return page_or_fragment(page, fragment, status=status, form=form, **context)


def _finished(message: str, url: str) -> Response:
    if is_fragment():
        return done(orgs_changed=True, gk_message={"text": message, "tone": "ok"})
    flash(message, "success")
    return go(url)
