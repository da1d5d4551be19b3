"""Signing in and out, the forced first change, and staying signed in."""

from __future__ import annotations

from flask import Flask, Response, flash, g, make_response, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from gkportal.auth import own_account, sessions
from gkportal.auth.blueprint import attach, blueprint, form_answer, settings
from gkportal.auth.forms import LoginForm, NewPasswordForm
from gkportal.auth.models import User
from gkportal.auth.new_password import MIN_CLASSES, is_due
from gkportal.auth.next_page import home_of, safe_next
from gkportal.auth.sign_in import Caller, SignedIn, sign_in, sign_out
from gkportal.core.access import PUBLIC, SIGNED_IN, access, rule_of
from gkportal.core.errors import GkError, Invalid
from gkportal.core.htmx import events, go
from gkportal.core.web import error_page

#: What a person with a first or overdue password may still reach.
_DURING_CHANGE = {"auth.first_password", "auth.logout", "auth.keepalive"}
_OTHER_PERSON = "登录的不是刚才的那个账号，页面上的内容没有动。请用原来的账号登录，或在新窗口打开登录页。"


@blueprint.route("/login", methods=["GET", "POST"])
@access(PUBLIC)
def login() -> BaseResponse:
    """用户名, 密码, 登录 (S000-07, S001-34)."""
    target = safe_next(request.args.get("next"))
    if request.method == "GET" and sessions.load_actor() is not None:
        return go(target or home_of(sessions.load_actor()))
    form = LoginForm()
    status = None
    if form.validate_on_submit():
        try:
            found = _sign_in(form)
            sessions.begin(found.row, found.token, found.user, found.organization)
            return go(target or "/")
        except GkError as error:
            status = attach(form, error)
    ended = request.method == "GET" and bool(g.get("session_ended"))
    response = make_response(
        render_template("auth/login.html", form=form, ended=ended, next=target), status or _status(form)
    )
    return response


def _status(form: LoginForm) -> int:
    return 422 if request.method == "POST" else 200


def _sign_in(form: LoginForm, organization: str | None = None) -> SignedIn:
    row = sessions.current_row()
    caller = Caller(request.remote_addr or "", request.user_agent.string or "", row.id if row else None)
    return sign_in(
        username=form.username.data, password=form.password.data, caller=caller, now=g.received_at, settings=settings(),
        organization=organization,
    )  # fmt: skip


@blueprint.route("/login/again", methods=["GET", "POST"])
@access(PUBLIC)
def login_again() -> BaseResponse:
    """Sign in again inside the page that timed out: same person only, nothing on the page is lost."""
    owner = sessions.page_owner()
    signed = sessions.current_row()
    if signed is not None:
        if owner is not None and owner != (signed.user.public_id, signed.organization.public_id):
            return error_page(409, _OTHER_PERSON)
        return _signed_in_again()
    form = LoginForm()
    user = User.get_or_none(User.public_id == owner[0]) if owner else None
    status = 200
    if request.method == "POST" and form.validate():
        try:
            _check_same(form, user)
            found = _sign_in(form, owner[1] if owner else None)
            sessions.begin(found.row, found.token, found.user, found.organization)
            return _signed_in_again()
        except GkError as error:
            attach(form, error)
            status = 422  # whatever the reason: the dialog shows the fragment again
    elif request.method == "POST":
        status = 422
    if user is not None and request.method == "GET":
        form.username.data = user.username
    page = request.headers.get("X-CSRFToken") or request.headers.get("X-CSRF-Token") or request.form.get("page", "")
    response = make_response(render_template("auth/_login_again.html", form=form, known=user, page=page), status)
    response.vary.add("HX-Request")
    return response


def _check_same(form: LoginForm, user: User | None) -> None:
    if user is None or form.username.data != user.username:
        raise Invalid(_OTHER_PERSON, {"username": [_OTHER_PERSON]})


def _signed_in_again() -> Response:
    response = events(make_response("", 204), signed_in=True)
    response.headers["X-CSRF-Token"] = response.headers["X-CSRFToken"] = generate_csrf()
    return response


@blueprint.post("/logout")
@access(PUBLIC)
def logout() -> BaseResponse:
    """End the session on the server and clear what the browser kept (ASVS 7.4.1, 14.3.1)."""
    actor, row = sessions.load_actor(), sessions.current_row()
    if actor is not None and row is not None:
        sign_out(actor=actor, row=row, now=g.received_at)
    session.clear()
    g.pop("csrf_token", None)
    response = go(url_for("auth.login", left=1))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.post("/session/keepalive")
@access(SIGNED_IN)
def keepalive() -> BaseResponse:
    """Count the idle time from now; the absolute end stays."""
    row = sessions.current_row()
    assert row is not None
    sessions.touch(row, g.received_at)
    response = make_response("", 204)
    response.headers["X-Idle-Seconds"] = str(settings().idle_minutes * 60)
    return response


@blueprint.route("/account/first-password", methods=["GET", "POST"])
@access(SIGNED_IN)
def first_password() -> BaseResponse:
    """The forced change: first password, or one that is too old (S001-35, S003-41; 等保 8.1.4.1.a)."""
    row = sessions.current_row()
    actor = sessions.current_actor()
    assert row is not None
    if not is_due(row.user, g.received_at, settings()):
        return go(url_for("auth.account"))
    form = NewPasswordForm()
    status = None
    if form.validate_on_submit():
        try:
            renew(form)
            flash("新密码已生效，下次请用新密码登录。", "success")
            return go(safe_next(request.args.get("next")) or home_of(actor))
        except GkError as error:
            status = attach(form, error)
    first = row.user.must_change_password
    return form_answer(
        "auth/first_password.html", "auth/first_password.html", form, status=status, first=first, rules=password_rules(),
        person=row.user,
    )  # fmt: skip


def renew(form: NewPasswordForm) -> None:
    """Change the password of the signed-in person and go on under another token."""
    row = sessions.current_row()
    assert row is not None
    token = own_account.change_password(
        actor=sessions.current_actor(), now=g.received_at, row=row, old_password=form.old_password.data,
        new_password=form.new_password.data, settings=settings(),
    )  # fmt: skip
    sessions.begin(row, token, row.user, row.organization)


def password_rules() -> list[str]:
    """The rules in words, as the forms show them before anything is typed."""
    return [
        f"至少 {settings().password_min_length} 个字符，可以到 256 个；空格和汉字也可以用",
        f"大写字母、小写字母、数字、其他符号，至少用到 {MIN_CLASSES} 类",
        "不含用户名、姓名、单位、电话，也不是常见密码",
        "与最近 5 次用过的密码不同",
    ]


def install(app: Flask) -> None:
    """The gate of the forced change, and the right answer to a stale page."""

    @app.before_request
    def change_first() -> BaseResponse | None:
        rule = rule_of(app, request.endpoint) if request.endpoint else None
        if rule is None or not rule.needs_sign_in or request.endpoint in _DURING_CHANGE:
            return None
        row = sessions.current_row()
        if row is None or not is_due(row.user, g.received_at, settings()):
            return None
        here = request.full_path.rstrip("?") if request.method == "GET" else None
        return go(url_for("auth.first_password", next=safe_next(here)))

    def stale(error: CSRFError) -> BaseResponse:
        rule = rule_of(app, request.endpoint) if request.endpoint else None
        if request.endpoint == "auth.logout" and sessions.load_actor() is None:
            return go(url_for("auth.login", left=1))
        if rule is not None and rule.needs_sign_in and sessions.load_actor() is None:
            return sessions.sign_in_first()
        return error_page(
            400, "页面停留太久，或已在别处退出、切换了单位，请刷新页面后再提交；您填写的内容还在原来的页面上。"
        )

    app.register_error_handler(CSRFError, stale)
