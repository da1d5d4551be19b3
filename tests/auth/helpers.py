"""What the tests of accounts share: signing in through the page, as people do."""

from __future__ import annotations

import re

from flask import Flask
from werkzeug.test import TestResponse

from gkportal.audit import AuditEvent
from tests.client import CheckingClient, client_for
from tests.world import PASSWORD

GOOD = "Linden-Harbor-7719"


def token_of(client: CheckingClient, url: str = "/login") -> str:
    """The CSRF token of a page, from its meta element."""
    page = client.get(url).get_data(as_text=True)
    return re.search(r'name="csrf-token" content="([^"]+)"', page).group(1)


def log_in(
    client: CheckingClient, username: str, password: str = PASSWORD, *, source: str = "127.0.0.1", url: str = "/login"
) -> TestResponse:
    """Fill in the login page and send it."""
    data = {"username": username, "password": password, "csrf_token": token_of(client)}
    return client.post(url, data=data, environ_base={"REMOTE_ADDR": source})


def signed_in(app: Flask, username: str, password: str = PASSWORD, source: str = "127.0.0.1") -> CheckingClient:
    """A client that signed in through the page."""
    client = client_for(app)
    assert log_in(client, username, password, source=source).status_code == 303
    client.csrf_header = token_of(client, "/account")
    return client


def verbs() -> list[str]:
    """Verbs of all audit events, oldest first."""
    return [event.verb for event in AuditEvent.select().order_by(AuditEvent.id)]
