"""Where to go after signing in: only paths that this application itself answers by GET (ASVS 3.7.2)."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from flask import current_app, url_for
from werkzeug.exceptions import HTTPException

from gkportal.core.actor import Actor, Role

_NOT_AFTERWARDS = {"static", "auth.login", "auth.login_again", "auth.logout", "auth.first_password"}
_MAX = 2_000


def safe_next(target: str | None) -> str | None:
    """`target` when it is a path (with query) of a page here, else None. Decoded once, before the check."""
    if not target or len(target) > _MAX or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    path = unquote(parts.path)
    if parts.scheme or parts.netloc or "\\" in path or path.startswith("//"):
        return None
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in unquote(target)):
        return None
    try:
        endpoint, _ = current_app.url_map.bind("localhost").match(path, method="GET")
    except HTTPException:
        return None
    if endpoint in _NOT_AFTERWARDS:
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


_HOMES = (
    (Role.SECURITY_ADMIN, "auth.grants"),
    (Role.AUDIT_ADMIN, "auth.audit_log"),
    (Role.SYSTEM_ADMIN, "auth.system_status"),
)


def home_of(actor: Actor | None) -> str:
    """The first page of a person: the separated administrators have no business pages."""
    if actor is not None:
        for role, endpoint in _HOMES:
            if actor.has(role):
                return url_for(endpoint)
        if not actor.roles:
            return url_for("auth.account")
    return "/"
