"""经办人管理: a unit keeps its own accounts, an office those below it (S000-11, S001-36)."""

from __future__ import annotations

from collections.abc import Callable

from flask import g, request, url_for
from werkzeug.wrappers import Response

from gkportal.auth import operations, queries, rules
from gkportal.auth.blueprint import attach, blueprint, finished, form_answer, posted_version, settings
from gkportal.auth.forms import AccountForm, NewAccountForm
from gkportal.auth.models import User
from gkportal.auth.sessions import current_actor
from gkportal.auth.sign_in import limits_of
from gkportal.core.access import access, roles
from gkportal.core.actor import ROLE_LABELS, Actor, Role
from gkportal.core.errors import GkError
from gkportal.core.htmx import events, page_or_fragment
from gkportal.core.paging import read_page
from gkportal.core.text import clean_line
from gkportal.orgs.models import Organization

MANAGERS = roles(Role.UNIT_ADMIN, Role.SECURITY_ADMIN)


@blueprint.route("/people", methods=["GET", "POST"])
@access(MANAGERS)
def people() -> Response:
    """The list. Name and user name are posted, other filters are in the address."""
    actor = current_actor()
    given = request.form if request.method == "POST" else request.args
    filters = queries.AccountFilters(
        unit=given.get("unit", "")[:40], state=given.get("state", ""), role=given.get("role", ""),
        text=clean_line(request.form.get("text"), 50),
    )  # fmt: skip
    number, size = read_page(given)
    page = queries.search(actor, filters, number, size, now=g.received_at, limits=limits_of(settings()))
    manage = {row.user.id: rules.can_manage(actor, row.account) for row in page.rows}
    return page_or_fragment(
        "auth/people.html", "auth/_people.html", page=page, filters=filters, manage=manage, states=queries.STATES,
        wide=rules.scope_path(actor) is not None, organizations=_organizations(actor), role_labels=_role_choices(),
        security=actor.has(Role.SECURITY_ADMIN),
    )  # fmt: skip


def _organizations(actor: Actor) -> list[Organization]:
    return queries.organizations_below(actor) if rules.scope_path(actor) is not None else []


def _role_choices() -> list[tuple[str, str]]:
    return [(str(role), label) for role, label in ROLE_LABELS.items()]


@blueprint.route("/people/new", methods=["GET", "POST"])
@access(MANAGERS)
def new_account() -> Response:
    """Make an account; the answer shows its one-time password, this once."""
    actor = current_actor()
    chosen = request.values.get("organization") or request.args.get("unit") or ""
    organization = queries.visible_organization(actor, chosen) if chosen else Organization.get_by_id(actor.org_id)
    form = NewAccountForm()
    choices = _organizations(actor) or [organization]
    form.organization.choices = {item.public_id: item.name for item in choices}
    form.roles.choices = _assignable(actor, organization)
    if request.method == "GET":
        form.organization.data = organization.public_id
    if form.validate_on_submit():
        try:
            made = operations.create_account(
                actor=actor, now=g.received_at, organization=organization, username=form.username.data,
                display_name=form.display_name.data, phone=form.phone.data, roles=[Role(role) for role in form.roles.data],
            )  # fmt: skip
            return _show_password(made.user, made.password, "账号已建立")
        except GkError as error:
            attach(form, error)
    fields = (("organization",) if len(choices) > 1 else ()) + ("username", "display_name", "phone", "roles")
    return form_answer(
        "auth/form_page.html", "auth/_form.html", form, title="新增账号", fields=fields, note=organization.name,
        action=url_for("auth.new_account"), back=url_for("auth.people"), submit="建立账号", choose_unit=len(choices) > 1,
        fixed_unit=organization.public_id if len(choices) == 1 else "", reload_url=url_for("auth.new_account"),
    )  # fmt: skip


def _assignable(actor: Actor, organization: Organization) -> dict[str, str]:
    return {str(role): ROLE_LABELS[role] for role in rules.assignable_roles(actor, organization.kind)}


def _show_password(user: User, password: str, title: str) -> Response:
    response = page_or_fragment(
        "auth/one_time_page.html", "auth/_one_time.html", user=user, password=password, title=title
    )
    return events(response, people_changed=True)


@blueprint.route("/people/<public_id>/edit", methods=["GET", "POST"])
@access(MANAGERS)
def edit_account(public_id: str) -> Response:
    """Name, telephone, roles in the account's own organisation."""
    actor = current_actor()
    user = queries.get_visible(actor, public_id)
    grants = queries.grants_of([user.id])[user.id]
    rules.can_manage(actor, queries.account_of(user, grants)).demand()
    form = AccountForm(obj=user)
    form.roles.choices = _assignable(actor, user.organization)
    if request.method == "GET":
        form.roles.data = [grant.role for grant in grants if grant.organization_id == user.organization_id]
    if form.validate_on_submit():
        try:
            operations.edit_account(
                actor=actor, now=g.received_at, user=user, version=posted_version(), display_name=form.display_name.data,
                phone=form.phone.data, roles=[Role(role) for role in form.roles.data],
            )  # fmt: skip
            return finished(f"{form.display_name.data} 的账号已保存。", url_for("auth.people"), people_changed=True)
        except GkError as error:
            attach(form, error)
    return form_answer(
        "auth/form_page.html", "auth/_form.html", form, title=f"修改账号 {user.username}", note=user.organization.name,
        fields=("display_name", "phone", "roles"), action=url_for("auth.edit_account", public_id=public_id),
        back=url_for("auth.people"), submit="保存", hint="角色变动后，此账号现有的登录会立即退出。",
    )  # fmt: skip


def _ask(user: User, title: str, text: str, submit: str, *, red: bool = False) -> Response:
    return page_or_fragment(
        "auth/ask_page.html", "auth/_ask.html", user=user, title=title, text=text, submit=submit, red=red,
        action=request.path, back=url_for("auth.people"),
    )  # fmt: skip


def _target(public_id: str, rule: Callable = rules.can_manage) -> tuple[Actor, User]:
    actor = current_actor()
    user = queries.get_visible(actor, public_id)
    rule(actor, queries.account_of(user)).demand()
    return actor, user


@blueprint.route("/people/<public_id>/reset", methods=["GET", "POST"])
@access(MANAGERS)
def reset_password(public_id: str) -> Response:
    """A new one-time password, shown this once; the GET asks."""
    actor, user = _target(public_id, rules.can_reset)
    if request.method == "POST":
        password = operations.reset_password(actor=actor, now=g.received_at, user=user, version=posted_version())
        return _show_password(user, password, "密码已重置")
    text = f"将为 {user.display_name}（{user.username}）生成新的一次性密码，原密码立即失效，已有的登录全部退出。请先核实确是本人要求。"
    return _ask(user, "重置密码", text, "生成一次性密码")


@blueprint.route("/people/<public_id>/active", methods=["GET", "POST"])
@access(MANAGERS)
def set_active(public_id: str) -> Response:
    """Disable or enable; the GET asks."""
    actor, user = _target(public_id)
    if request.method == "POST":
        operations.set_active(
            actor=actor, now=g.received_at, user=user, version=posted_version(), active=not user.active
        )
        done_text = f"{user.display_name} 的账号已{'停用' if user.active else '启用'}。"
        return finished(done_text, url_for("auth.people"), people_changed=True)
    if user.active:
        text = f"停用后 {user.display_name}（{user.username}）立即退出且不能登录；办件和记录都保留，可随时启用。"
        return _ask(user, "停用账号", text, "停用", red=True)
    return _ask(user, "启用账号", f"启用后 {user.display_name}（{user.username}）可以用原密码登录。", "启用")


@blueprint.route("/people/<public_id>/unlock", methods=["GET", "POST"])
@access(MANAGERS)
def unlock(public_id: str) -> Response:
    """Lift the wait after wrong passwords; the GET asks."""
    actor, user = _target(public_id)
    if request.method == "POST":
        operations.unlock(actor=actor, now=g.received_at, user=user)
        return finished(f"{user.display_name} 现在可以重新登录。", url_for("auth.people"), people_changed=True)
    text = f"{user.display_name}（{user.username}）因多次输错密码，在某个地址上要等一会儿才能登录。解除后可立即再试。"
    return _ask(user, "解除登录限制", text, "解除")


@blueprint.route("/people/<public_id>/end-sessions", methods=["GET", "POST"])
@access(MANAGERS)
def end_sessions(public_id: str) -> Response:
    """Sign the person out everywhere; the GET asks."""
    actor, user = _target(public_id)
    if request.method == "POST":
        ended = operations.end_all_sessions(actor=actor, now=g.received_at, user=user)
        return finished(f"已退出 {user.display_name} 的 {ended} 处登录。", url_for("auth.people"), people_changed=True)
    text = f"{user.display_name}（{user.username}）在所有电脑上的登录立即退出，没有保存的内容会留在他打开的页面上。"
    return _ask(user, "退出全部登录", text, "退出全部", red=True)
