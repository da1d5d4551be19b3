"""账号与权限: the 安全管理员 gives and takes roles, in any organisation below (等保 8.1.5.3)."""

from __future__ import annotations

from flask import g, request, url_for
from werkzeug.wrappers import Response

from gkportal.auth import operations, queries, rules
from gkportal.auth.blueprint import attach, blueprint, finished, form_answer
from gkportal.auth.forms import GrantForm
from gkportal.auth.people_routes import people
from gkportal.auth.sessions import current_actor
from gkportal.core import clock
from gkportal.core.access import access, roles
from gkportal.core.actor import ROLE_LABELS, Role
from gkportal.core.errors import GkError
from gkportal.core.htmx import go, page_or_fragment

SECURITY = roles(Role.SECURITY_ADMIN)


@blueprint.get("/grants")
@access(SECURITY)
def grants() -> Response:
    """All accounts: the same list as 经办人管理, over the whole area."""
    return people()


@blueprint.get("/grants/<public_id>")
@access(SECURITY)
def grants_of(public_id: str) -> Response:
    """The roles of one account, in every organisation."""
    actor = current_actor()
    user = queries.get_visible(actor, public_id)
    held = queries.grants_of([user.id])[user.id]
    account = queries.account_of(user, held)
    return page_or_fragment(
        "auth/grants.html", "auth/_grants.html", user=user, grants=held, labels=ROLE_LABELS, today=clock.today(),
        revoke=rules.can_revoke(actor, account),
    )  # fmt: skip


@blueprint.route("/grants/<public_id>/add", methods=["GET", "POST"])
@access(SECURITY)
def grant_role(public_id: str) -> Response:
    """Give a role."""
    actor = current_actor()
    user = queries.get_visible(actor, public_id)
    rules.can_revoke(actor, queries.account_of(user)).demand()
    places = {item.public_id: item for item in queries.organizations_below(actor)}
    form = GrantForm()
    form.organization.choices = {key: item.name for key, item in places.items()}
    form.role.choices = {str(role): label for role, label in ROLE_LABELS.items()}
    if request.method == "GET":
        form.organization.data = user.organization.public_id
    if form.validate_on_submit():
        try:
            operations.grant_role(
                actor=actor, now=g.received_at, user=user, organization=places[form.organization.data],
                role=Role(form.role.data), ends_on=form.ends_on.data,
            )  # fmt: skip
            return finished(
                "角色已授予，此账号现有的登录已退出。",
                url_for("auth.grants_of", public_id=public_id),
                grants_changed=True,
            )
        except GkError as error:
            attach(form, error)
    return form_answer(
        "auth/form_page.html", "auth/_form.html", form, title=f"授予角色：{user.display_name}", note=user.username,
        fields=("organization", "role", "ends_on"), action=url_for("auth.grant_role", public_id=public_id),
        back=url_for("auth.grants_of", public_id=public_id), submit="授予",
        hint="系统管理员、安全管理员、审计管理员必须由不同的账号担任，也不能兼任业务角色。",
    )  # fmt: skip


@blueprint.post("/grants/<public_id>/revoke")
@access(SECURITY)
def revoke_role(public_id: str) -> Response:
    """Take a role away."""
    actor = current_actor()
    user = queries.get_visible(actor, public_id)
    operations.revoke_role(actor=actor, now=g.received_at, user=user, grant_public_id=request.form.get("grant", ""))
    return go(url_for("auth.grants_of", public_id=public_id))
