"""账号设置 (S000-11): own data, password, sessions, and the organisation one works in."""

from __future__ import annotations

from flask import flash, g, render_template, request, url_for
from werkzeug.wrappers import Response

from gkportal.auth import own_account, queries, sessions
from gkportal.auth.blueprint import attach, blueprint, finished, form_answer, posted_version, settings
from gkportal.auth.browsers import describe
from gkportal.auth.forms import NewPasswordForm, OwnForm
from gkportal.auth.login_routes import password_rules, renew
from gkportal.auth.models import User, UserSession
from gkportal.auth.next_page import home_of
from gkportal.core.access import SIGNED_IN, access
from gkportal.core.errors import GkError
from gkportal.core.htmx import go


def _row() -> UserSession:
    row = sessions.current_row()
    assert row is not None
    return row


@blueprint.get("/account")
@access(SIGNED_IN)
def account() -> str:
    """账号设置."""
    actor, row = sessions.current_actor(), _row()
    user = User.get_by_id(actor.user_id)
    places = [(org, label, org.id == actor.org_id) for org, label in queries.organizations_of(user.id)]
    signed_in = [
        {"public_id": s.public_id, "where": describe(s.agent), "source": s.source, "created_at": s.created_at,
         "seen_at": s.seen_at, "organization": s.organization.name, "here": s.id == row.id}
        for s in queries.sessions_of(user.id)
    ]  # fmt: skip
    days = settings().password_max_days
    left = days - (g.received_at - user.password_set_at).days if days else None
    return render_template("auth/account.html", user=user, places=places, sessions=signed_in, password_days_left=left)


@blueprint.route("/account/edit", methods=["GET", "POST"])
@access(SIGNED_IN)
def edit_own() -> Response:
    """Own name and telephone."""
    user = User.get_by_id(sessions.current_actor().user_id)
    form = OwnForm(obj=user)
    if form.validate_on_submit():
        try:
            own_account.edit_own(
                actor=sessions.current_actor(), now=g.received_at, version=posted_version(),
                display_name=form.display_name.data, phone=form.phone.data,
            )  # fmt: skip
            return finished("您的信息已保存。", url_for("auth.account"), account_changed=True)
        except GkError as error:
            attach(form, error)
    return form_answer(
        "auth/form_page.html", "auth/_form.html", form, title="修改我的信息", fields=("display_name", "phone"),
        action=url_for("auth.edit_own"), back=url_for("auth.account"), submit="保存",
    )  # fmt: skip


@blueprint.route("/account/password", methods=["GET", "POST"])
@access(SIGNED_IN)
def change_password() -> Response:
    """A new password, with the old one; other sessions end."""
    form = NewPasswordForm()
    status = None
    if form.validate_on_submit():
        try:
            renew(form)
            flash("密码已修改，其他地方的登录都已退出。", "success")
            return go(url_for("auth.account"))
        except GkError as error:
            status = attach(form, error)
    return form_answer(
        "auth/password_page.html", "auth/_password.html", form, status=status, rules=password_rules(),
        user=_row().user,
    )  # fmt: skip


@blueprint.post("/account/sessions/<public_id>/end")
@access(SIGNED_IN)
def end_session(public_id: str) -> Response:
    """End one other session of one's own."""
    own_account.end_session(actor=sessions.current_actor(), now=g.received_at, public_id=public_id)
    return finished("已让那里的登录退出。", url_for("auth.account"), account_changed=True)


@blueprint.post("/account/sessions/end-others")
@access(SIGNED_IN)
def end_other_sessions() -> Response:
    """End all sessions but this one."""
    ended = own_account.end_other_sessions(actor=sessions.current_actor(), now=g.received_at, row=_row())
    return finished(f"已退出其他 {ended} 处登录。", url_for("auth.account"), account_changed=True)


@blueprint.post("/account/organization")
@access(SIGNED_IN)
def switch_organization() -> Response:
    """Work in another organisation from now on; pages of the former one can no longer be posted."""
    actor, row = sessions.current_actor(), _row()
    organization, token = own_account.switch_organization(
        actor=actor, now=g.received_at, row=row, public_id=request.form.get("organization", "")
    )
    sessions.begin(row, token, row.user, organization)
    flash(f"已切换到“{organization.name}”。", "success")
    return go(home_of(None))
