"""Server-side sessions behind Flask's `session` and flask-login.

Before signing in, `session` is a small signed cookie (CSRF token only). Signing in makes a row with a fresh
256-bit token, of which only the hash is stored; signing out, a new password, another role or a disabled account
delete rows, so a copied cookie is worth nothing afterwards (ASVS 7.2, 7.4).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response, g, redirect, request, url_for
from flask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin
from werkzeug.datastructures import CallbackDict

from gkportal.auth.models import RoleGrant, User, UserSession
from gkportal.config import Settings
from gkportal.core import clock, db
from gkportal.core.actor import Actor, Role
from gkportal.core.web import error_page
from gkportal.orgs.models import Organization

_SEEN_STEP = timedelta(seconds=60)


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
        return self.anonymous.open_session(app, request)

    def _live_row(self, token: str) -> UserSession | None:
        db.connect()
        row = (
            UserSession.select(UserSession, User, Organization)
            .join(User, on=(UserSession.user == User.id))
            .join(Organization, on=(UserSession.organization == Organization.id))
            .where(UserSession.token_hash == token_hash(token))
            .first()
        )
        if row is None:
            return None
        now = clock.now()
        idle = timedelta(minutes=self.settings.idle_minutes)
        absolute = timedelta(hours=self.settings.absolute_hours)
        if now - row.seen_at > idle or now - row.created_at > absolute or not row.user.active:
            with db.write_transaction():
                UserSession.delete().where(UserSession.id == row.id).execute()
            return None
        if abs(now - row.seen_at) > _SEEN_STEP:
            with db.write_transaction():
                UserSession.update(seen_at=now).where(UserSession.id == row.id).execute()
        return row

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Store what changed; make or delete the row when the person signed in or out."""
        if isinstance(session, RowSession):
            self._save_row(session, response)
        elif "_user_id" in session:
            self._sign_in(app, session, response)
        else:
            self.anonymous.save_session(app, session, response)

    def _save_row(self, session: RowSession, response: Response) -> None:
        if not session.modified:
            return
        with db.write_transaction():
            if "_user_id" in session:
                UserSession.update(data=dict(session)).where(UserSession.id == session.row.id).execute()
                return
            UserSession.delete().where(UserSession.id == session.row.id).execute()
        response.delete_cookie(self.cookie, secure=self.settings.secure, httponly=True, samesite="Lax")

    def _sign_in(self, app: Flask, session: SessionMixin, response: Response) -> None:
        user = User.get(User.public_id == session["_user_id"])
        organization_id = session.pop("org_id", None) or user.organization_id
        token = secrets.token_urlsafe(32)
        now = clock.now()
        with db.write_transaction():
            UserSession.create(
                token_hash=token_hash(token),
                user=user,
                organization=organization_id,
                data=dict(session),
                created_at=now,
                seen_at=now,
                source=request.remote_addr or "",
                agent=(request.user_agent.string or "")[:200],
            )
        session.clear()
        self.anonymous.save_session(app, session, response)
        response.set_cookie(self.cookie, token, secure=self.settings.secure, httponly=True, samesite="Lax", path="/")


def load_actor() -> Actor | None:
    """The signed-in person in the session's organisation, or None. Cached per request; two queries."""
    if "actor" not in g:
        from flask import session

        g.actor = _actor_of(session.row) if isinstance(session, RowSession) else None
    return g.actor


def _actor_of(row: UserSession) -> Actor:
    today = clock.today()
    grants = RoleGrant.select(RoleGrant.role, RoleGrant.ends_on).where(
        (RoleGrant.user == row.user_id) & (RoleGrant.organization == row.organization_id)
    )
    roles = frozenset(Role(grant.role) for grant in grants if grant.ends_on is None or grant.ends_on >= today)
    organization = row.organization
    return Actor(
        user_id=row.user_id,
        name=row.user.display_name,
        org_id=organization.id,
        org_name=organization.name,
        org_kind=organization.kind,
        org_level=organization.level,
        org_path=organization.path,
        roles=roles,
        user_public_id=row.user.public_id,
        source=request.remote_addr or "",
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
            response.headers["HX-Redirect"] = url_for("auth.login", next=_safe_path(request.headers.get("HX-Current-URL")))
        else:
            response.headers["X-Login-Modal"] = url_for("auth.login_again")
        return response
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.login", next=target), code=303)  # type: ignore[return-value]


def _safe_path(url: str | None) -> str | None:
    from urllib.parse import urlsplit

    return urlsplit(url).path or None if url else None


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
        from flask import session

        if isinstance(session, RowSession) and session.row.user.public_id == public_id:
            return SignedInUser(session.row.user)
        return None

    app.extensions["gk_load_actor"] = load_actor
    app.extensions["gk_sign_in_first"] = sign_in_first
