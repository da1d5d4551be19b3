"""Server-side sessions behind Flask's `session` and flask-login.

Before signing in, `session` is a small signed cookie (CSRF token only). Signing in makes a row with a fresh
256-bit token, of which only the hash is stored; signing out, a new password, another role or a disabled account
delete rows, so a copied cookie is worth nothing afterwards (ASVS 7.2, 7.4).

The CSRF secret of a signed-in session names its person and organisation (`page_mark`). So a page that was left
open tells who it belongs to even when its session is gone, and a page of one organisation cannot be posted after
its owner switched to another.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin, login_user
from itsdangerous import BadData, URLSafeTimedSerializer
from peewee import ForeignKeyField, Query
from werkzeug.datastructures import CallbackDict

from gkportal.auth.models import User, UserSession
from gkportal.auth.next_page import safe_next
from gkportal.config import Settings
from gkportal.core import clock, db
from gkportal.core.actor import Actor, Role
from gkportal.core.errors import Unavailable
from gkportal.core.web import error_page
from gkportal.orgs.models import Organization

log = logging.getLogger("gkportal.sessions")

_SEEN_STEP = timedelta(seconds=60)
#: What a request needs of the person; hashes and history stay in the table.
_USER_COLUMNS = (
    User.id, User.public_id, User.username, User.display_name, User.active, User.organization,
    User.must_change_password, User.password_set_at,
)  # fmt: skip


_PARTS = (
    (UserSession, UserSession._meta.sorted_fields),
    (User, _USER_COLUMNS),
    (Organization, Organization._meta.sorted_fields),
)
#: Every request of a signed-in person asks this: written once, because peewee takes fifty times as long to write it as
#: SQLite to answer it (docs/performance.md).
_FIND = (
    "SELECT "  # noqa: S608 (names of columns, from the models)
    + ", ".join(f'"{model._meta.table_name}"."{field.column_name}"' for model, fields in _PARTS for field in fields)
    + ' FROM "user_session" JOIN "user" ON "user"."id" = "user_session"."user_id"'
    + ' JOIN "organization" ON "organization"."id" = "user_session"."organization_id"'
    + ' WHERE "user_session"."token_hash" = ?'
)
_ROLES = "SELECT role, ends_on FROM role_grant WHERE user_id = ? AND organization_id = ?"


def _find_row(hashed: str) -> UserSession | None:
    """The session row of a token's hash, with its user and organisation; one query."""
    values = db.database.execute_sql(_FIND, (hashed,)).fetchone()
    if values is None:
        return None
    made, start = [], 0
    for model, fields in _PARTS:
        part = zip(fields, values[start:], strict=False)
        made.append(
            model(
                **{
                    field.object_id_name if isinstance(field, ForeignKeyField) else field.name: field.python_value(
                        value
                    )
                    for field, value in part
                }
            )
        )
        start += len(fields)
    row = made[0]
    row.user, row.organization = made[1], made[2]
    return row


def token_hash(token: str) -> str:
    """What is stored of a session token."""
    return hashlib.sha256(token.encode()).hexdigest()


class RowSession(CallbackDict, SessionMixin):
    """The session of a signed-in person; `row` is its UserSession."""

    def __init__(self, data: dict[str, Any], row: UserSession) -> None:
        def on_update(this: RowSession) -> None:
            this.modified = True

        super().__init__(data, on_update)
        self.row = row
        self.modified = False
        self.accessed = True


class SignedInUser(UserMixin):
    """flask-login's view of a user."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        """The public id kept in the session."""
        return self.user.public_id

    @property
    def is_active(self) -> bool:
        """Disabled accounts cannot sign in."""
        return self.user.active


class ServerSessions(SessionInterface):
    """Rows for the signed-in, a signed cookie for everybody else."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cookie = "__Host-session" if settings.secure else "gk_session"
        self.anonymous = SecureCookieSessionInterface()

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:
        """The session of the request's cookie."""
        token = request.cookies.get(self.cookie)
        if token and not request.path.startswith("/static/"):
            row = self._live_row(token)
            if row is not None:
                return RowSession(dict(row.data), row)
            g.session_ended = True
        return self.anonymous.open_session(app, request)

    def _live_row(self, token: str) -> UserSession | None:
        db.connect()
        row = _find_row(token_hash(token))
        if row is None:
            return None
        now = clock.now()
        if is_over(row, now, self.settings):
            _aside(UserSession.delete().where(UserSession.id == row.id))
            return None
        if abs(now - row.seen_at) > _SEEN_STEP:
            _aside(UserSession.update(seen_at=now).where(UserSession.id == row.id))
        return row

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed; hand out the cookie of a new row; forget the cookie of a deleted one."""
        started = g.pop("new_session", None)
        if started is not None:
            row, token = started
            with db.write_transaction():
                UserSession.update(data=dict(session)).where(UserSession.id == row.id).execute()
            if not isinstance(session, RowSession):
                session.clear()
                self.anonymous.save_session(app, session, response)
            response.set_cookie(
                self.cookie, token, secure=self.settings.secure, httponly=True, samesite="Lax", path="/"
            )
        elif isinstance(session, RowSession):
            self._save_row(session, response)
        else:
            if g.get("session_ended"):
                self._forget(response)
            self.anonymous.save_session(app, session, response)

    def _save_row(self, session: RowSession, response: Response) -> None:
        if not session.modified:
            return
        if "_user_id" in session:
            _aside(UserSession.update(data=dict(session)).where(UserSession.id == session.row.id))
            return
        with db.write_transaction():
            UserSession.delete().where(UserSession.id == session.row.id).execute()
        self._forget(response)

    def _forget(self, response: Response) -> None:
        response.delete_cookie(self.cookie, secure=self.settings.secure, httponly=True, samesite="Lax", path="/")


def _aside(change: Query) -> None:
    """A write that no page depends on: on a full or busy disk people go on reading (R7, R11)."""
    try:
        with db.write_transaction(patience_s=0.5):
            change.execute()
    except Unavailable:
        log.warning("session not noted: database busy or not writable")


def is_over(row: UserSession, now: datetime, settings: Settings) -> bool:
    """Whether a session has ended: idle or absolute time, or its account or organisation is out of use."""
    idle, absolute = timedelta(minutes=settings.idle_minutes), timedelta(hours=settings.absolute_hours)
    gone = not row.user.active or not row.organization.active
    return gone or now - row.seen_at > idle or now - row.created_at > absolute


def touch(row: UserSession, now: datetime) -> None:
    """Count the idle time from `now`."""
    with db.write_transaction():
        UserSession.update(seen_at=now).where(UserSession.id == row.id).execute()


def create_row(*, user: User, organization_id: int, now: datetime, source: str, agent: str) -> tuple[UserSession, str]:
    """A new session row and its token, inside the caller's transaction."""
    token = secrets.token_urlsafe(32)
    row = UserSession.create(
        token_hash=token_hash(token), user=user, organization=organization_id, created_at=now, seen_at=now,
        source=source, agent=agent[:200],
    )  # fmt: skip
    return row, token


def renew_token(row: UserSession) -> str:
    """Another token for the same row (after a new password), inside the caller's transaction."""
    token = secrets.token_urlsafe(32)
    UserSession.update(token_hash=token_hash(token)).where(UserSession.id == row.id).execute()
    return token


def sweep(now: datetime, settings: Settings) -> int:
    """Delete rows that nobody can use any more (inside the caller's transaction)."""
    idle, absolute = timedelta(minutes=settings.idle_minutes), timedelta(hours=settings.absolute_hours)
    over = (UserSession.seen_at < now - idle) | (UserSession.created_at < now - absolute)
    return UserSession.delete().where(over).execute()


def begin(row: UserSession, token: str, user: User, organization: Organization) -> None:
    """Make this request's session the signed-in one: nothing of the visitor's session is carried over."""
    session.clear()
    g.pop("csrf_token", None)
    g.pop("actor", None)
    login_user(SignedInUser(user), force=True)
    session["csrf_token"] = page_mark(user.public_id, organization.public_id)
    g.new_session = (row, token)


def page_mark(user_public_id: str, organization_public_id: str) -> str:
    """A fresh CSRF secret that names the page's owner; people only ever see it signed."""
    return f"{secrets.token_hex(20)}.{user_public_id}.{organization_public_id}"


def page_owner() -> tuple[str, str] | None:
    """(person, organisation) public ids of the page that sent this request.

    Read from its CSRF header, or from the field `page` that repeats the header of an earlier request.
    """
    headers = (request.headers.get("X-CSRFToken"), request.headers.get("X-CSRF-Token"))
    for sent in (*headers, request.form.get("page")):
        try:
            mark = URLSafeTimedSerializer(current_app.secret_key, salt="wtf-csrf-token").loads(sent or "")
        except BadData:
            continue
        parts = str(mark).split(".")
        if len(parts) == 3:
            return parts[1], parts[2]
    return None


def load_actor() -> Actor | None:
    """The signed-in person in the session's organisation, or None. Cached per request; two queries."""
    if "actor" not in g:
        g.actor = _actor_of(session.row) if isinstance(session._get_current_object(), RowSession) else None
    return g.actor


def current_row() -> UserSession | None:
    """The session row of this request, or None."""
    found = session._get_current_object()
    return found.row if isinstance(found, RowSession) else None


def _actor_of(row: UserSession) -> Actor:
    today = clock.today()
    grants = db.database.execute_sql(_ROLES, (row.user_id, row.organization_id)).fetchall()
    roles = frozenset(Role(role) for role, ends_on in grants if ends_on is None or ends_on >= today.isoformat())
    return actor_for(row.user, row.organization, roles, request.remote_addr or "")


def actor_for(user: User, organization: Organization, roles: frozenset[Role], source: str) -> Actor:
    """The actor for a person in an organisation."""
    return Actor(
        user_id=user.id,
        name=user.display_name,
        org_id=organization.id,
        org_name=organization.name,
        org_kind=organization.kind,
        org_level=organization.level,
        org_path=organization.path,
        roles=roles,
        user_public_id=user.public_id,
        source=source,
    )


def current_actor() -> Actor:
    """The actor of a route whose rule demands signing in."""
    actor = load_actor()
    if actor is None:
        raise RuntimeError("route without a signed-in actor")
    return actor


def sign_in_first() -> Response:
    """Nobody is signed in: pages go to the login page, htmx gets 401 so that the page can ask in place."""
    if request.headers.get("HX-Request") == "true" or request.headers.get("X-Requested-With") == "XMLHttpRequest":
        response = error_page(401, "登录已超时，请重新登录；页面上的内容还在。")
        if request.method == "GET":
            here = _page_path(request.headers.get("HX-Current-URL"))
            response.headers["HX-Redirect"] = url_for("auth.login", next=here)
        else:
            response.headers["X-Login-Modal"] = url_for("auth.login_again")
        return response
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.login", next=safe_next(target)), code=303)  # type: ignore[return-value]


def _page_path(url: str | None) -> str | None:
    parts = urlsplit(url or "")
    return safe_next(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def end_sessions(user_id: int, *, keep: int | None = None) -> int:
    """Delete a user's sessions (inside the caller's transaction), all but `keep`. Returns how many."""
    query = UserSession.delete().where(UserSession.user == user_id)
    if keep is not None:
        query = query.where(UserSession.id != keep)
    return query.execute()


def install(app: Flask, settings: Settings) -> None:
    """Hook sessions and flask-login into `app`."""
    app.session_interface = ServerSessions(settings)
    manager = LoginManager()
    manager.session_protection = None
    manager.init_app(app)

    @manager.user_loader
    def load_user(public_id: str) -> SignedInUser | None:
        row = current_row()
        return SignedInUser(row.user) if row is not None and row.user.public_id == public_id else None

    app.extensions["gk_load_actor"] = load_actor
    app.extensions["gk_sign_in_first"] = sign_in_first
