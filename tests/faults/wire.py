"""HTTP as a browser sends it: one kept connection, the session cookie, the CSRF token."""

from __future__ import annotations

import http.client
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from itsdangerous import URLSafeTimedSerializer
from peewee import sqlite3
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from gkportal.auth.sessions import token_hash
from gkportal.core.db import new_public_id


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def ok(self) -> bool:
        """Whether the server said that it was done."""
        return self.status < 400


class Lost(Exception):
    """No answer: the connection was refused, cut or timed out. Nothing was promised."""


def connect(instance: Path) -> sqlite3.Connection:
    """The database of an instance as another program would open it."""
    connection = sqlite3.connect(str(instance / "gkportal.db"), timeout=20, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def rows(instance: Path, sql: str, *values: object) -> list[sqlite3.Row]:
    """The rows of a query."""
    connection = connect(instance)
    try:
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def one(instance: Path, sql: str, *values: object) -> object:
    """The first column of the first row."""
    return rows(instance, sql, *values)[0][0]


class Client:
    """A person at a browser. Not safe for threads; make one for each."""

    def __init__(self, port: int, cookie: str = "", token: str = "", *, timeout: float = 30) -> None:
        self.port, self.cookie, self.token, self.timeout = port, cookie, token, timeout
        self._connection: http.client.HTTPConnection | None = None

    def get(self, path: str, **headers: str) -> Answer:
        """GET. Raises Lost."""
        return self._send("GET", path, None, headers)

    def post(self, path: str, fields: dict[str, object] | None = None, **headers: str) -> Answer:
        """POST a form; values that are (name, bytes) are files. Raises Lost."""
        fields = fields or {}
        if any(isinstance(value, tuple) for value in fields.values()):
            content_type, body = multipart(fields)
        else:
            content_type, body = "application/x-www-form-urlencoded", urlencode(fields, doseq=True).encode()
        return self._send("POST", path, body, {"Content-Type": content_type, **headers})

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            sent["Cookie"] = f"gk_session={self.cookie}"
        if self.token:
            sent["X-CSRFToken"] = self.token
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            self._connection.request(method, path, body, sent)
            response = self._connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost(f"{type(error).__name__}: {error}") from error


def multipart(fields: dict[str, object]) -> tuple[str, bytes]:
    """Content type and body of an upload form."""
    plain = {}
    for name, value in fields.items():
        if isinstance(value, tuple):
            import io

            value = FileStorage(io.BytesIO(value[1]), filename=value[0])
        plain[name] = value
    boundary, body = encode_multipart(plain)
    return f'multipart/form-data; boundary="{boundary}"', body


def sign_in(instance: Path, port: int, username: str, *, at: datetime | None = None, **options: float) -> Client:
    """A client with a session of that person, made straight in the database."""
    token, raw = secrets.token_urlsafe(32), secrets.token_hex(20)
    connection = connect(instance)
    user = connection.execute(
        'SELECT id, public_id, organization_id FROM "user" WHERE username = ?', (username,)
    ).fetchone()
    moment = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    data = f'{{"_user_id":"{user["public_id"]}","csrf_token":"{raw}"}}'
    connection.execute(
        "INSERT INTO user_session (public_id, token_hash, user_id, organization_id, data, created_at, seen_at, source, agent)"
        " VALUES (?,?,?,?,?,?,?,'','')",
        (new_public_id(), token_hash(token), user["id"], user["organization_id"], data, moment, moment),
    )
    connection.close()
    key = (instance / "secret.key").read_text().strip()
    signed = URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(raw)
    return Client(port, token, signed, **options)
