"""A test client that signs in, sends the CSRF token, and checks every page it gets."""

from __future__ import annotations

import re
import secrets
from collections import Counter

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from gkportal.auth.models import User, UserSession
from gkportal.auth.sessions import token_hash
from gkportal.core import clock, db

_XHTML = "{http://www.w3.org/1999/xhtml}"
_FREE_INPUTS = {"hidden", "submit", "button", "image", "reset"}


class CheckingClient(FlaskClient):
    """`get`, `post` … as usual; every HTML page is checked, every POST carries the token."""

    csrf_header: str | None = None
    check_pages = True

    def open(self, *args: object, **kwargs: object) -> TestResponse:
        """Send a request (htmx=True adds HX-Request) and check what comes back."""
        headers = dict(kwargs.pop("headers", None) or {})
        if kwargs.pop("htmx", False):
            headers["HX-Request"] = "true"
        if self.csrf_header and kwargs.pop("csrf", True):
            headers.setdefault("X-CSRFToken", self.csrf_header)
        response = super().open(*args, headers=headers, **kwargs)
        check_headers(response)
        if self.check_pages and response.mimetype == "text/html" and response.status_code != 204:
            check_html(response.get_data(as_text=True), whole="HX-Request" not in headers)
        return response


def client_for(app: Flask, user: User | None = None, **session_data: object) -> CheckingClient:
    """A client, signed in as `user` unless None."""
    app.test_client_class = CheckingClient
    client: CheckingClient = app.test_client()  # type: ignore[assignment]
    if user is not None:
        token, raw = secrets.token_urlsafe(32), secrets.token_hex(20)
        now = clock.now()
        with app.app_context(), db.write_transaction():
            UserSession.create(
                token_hash=token_hash(token), user=user, organization=user.organization_id, created_at=now, seen_at=now,
                data={"_user_id": user.public_id, "csrf_token": raw, **session_data},
            )  # fmt: skip
        client.set_cookie("gk_session", token)
        client.csrf_header = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(raw)
    return client


def check_headers(response: TestResponse) -> None:
    """The headers that every answer carries (security.md, ASVS 3.4)."""
    assert response.headers.get("X-Content-Type-Options") == "nosniff", response.request.path
    policy = response.headers.get("Content-Security-Policy", "")
    assert "object-src 'none'" in policy and "unsafe" not in policy, response.request.path


def check_html(text: str, *, whole: bool) -> None:
    """Valid enough: a title, unique ids, labelled controls, no inline script or style, no stray Jinja."""
    if not text.strip():
        return
    parser = html5lib.HTMLParser(namespaceHTMLElements=True)
    tree = (
        parser.parse(text)
        if whole
        else parser.parseFragment(f"<table><tbody>{text}</tbody></table>" if text.lstrip().startswith("<tr") else text)
    )
    nodes = [node for node in tree.iter() if isinstance(node.tag, str)]
    if whole:
        title = next((node.text for node in nodes if node.tag == _XHTML + "title"), "")
        assert title and title.strip(), "page without a title"
    ids = Counter(node.get("id") for node in nodes if node.get("id"))
    assert not [name for name, count in ids.items() if count > 1], f"duplicate ids: {ids.most_common(3)}"
    assert not [node for node in nodes if node.get("style")], "inline style"
    assert not [node for node in nodes if node.tag == _XHTML + "script" and not node.get("src")], "inline script"
    assert not [name for node in nodes for name in node.attrib if re.match(r"on[a-z]+$|hx-on", str(name))], (
        "inline handler"
    )
    assert "{{" not in text.replace("{{7*7}}", "") and "{%" not in text, "stray template code"
    _check_labels(nodes, whole=whole)


def _check_labels(nodes: list, *, whole: bool) -> None:
    labelled = {node.get("for") for node in nodes if node.tag == _XHTML + "label"}
    wrapped = {id(inner) for node in nodes if node.tag == _XHTML + "label" for inner in node.iter()}
    for node in nodes:
        if node.tag not in (_XHTML + "input", _XHTML + "select", _XHTML + "textarea"):
            continue
        if node.get("type") in _FREE_INPUTS or node.get("aria-label") or node.get("aria-labelledby"):
            continue
        assert node.get("id") in labelled or id(node) in wrapped, f"control without a label: {node.get('name')}"
