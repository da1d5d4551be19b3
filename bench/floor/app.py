"""A bare application: session row, count, 20 rows of 12 columns, layout, 10 filters; one write; one upload.

No CSRF, no headers, no audit, no roles, no search: what remains is what the stack itself costs.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import peewee
from flask import Flask, Response, abort, render_template, request

from bench.floor.constants import CONSTANT_ROWS, FILTERS, MENU

ROWS = 20
PRAGMAS = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "busy_timeout": 5000, "cache_size": -8000}
database = peewee.SqliteDatabase(None, autoconnect=False)


class Table(peewee.Model):
    """Base of the floor's tables."""

    class Meta:
        database = database
        legacy_table_names = False


class Unit(Table):
    """An organisation."""

    name = peewee.CharField()


class Account(Table):
    """A person who signs in."""

    name = peewee.CharField()


class SignIn(Table):
    """A session row."""

    token_hash = peewee.CharField(unique=True)
    account = peewee.ForeignKeyField(Account)
    unit = peewee.ForeignKeyField(Unit)
    seen_at = peewee.CharField()


class Person(Table):
    """The product's worker with 14 columns."""

    unit = peewee.ForeignKeyField(Unit, index=False)
    name = peewee.CharField()
    id_number = peewee.CharField(unique=True)
    sex = peewee.CharField()
    birth_date = peewee.CharField()
    education = peewee.CharField()
    political = peewee.CharField()
    trade_code = peewee.CharField()
    grade = peewee.IntegerField()
    phone = peewee.CharField()
    address = peewee.CharField()
    work_start = peewee.CharField()
    status = peewee.CharField()

    class Meta:
        indexes = ((("unit", "status", "id"), False), (("name", "id"), False))


class Sheet(Table):
    """A form that somebody fills in: what a signed-in write updates."""

    account = peewee.ForeignKeyField(Account)
    data = peewee.TextField(default="")
    version = peewee.IntegerField(default=1)


TABLES = (Unit, Account, SignIn, Person, Sheet)
COLUMNS = (
    Person.id, Person.name, Person.id_number, Person.sex, Person.birth_date, Person.education, Person.trade_code,
    Person.grade, Person.phone, Person.work_start, Person.political, Person.status,
)  # fmt: skip


def signed_in() -> SignIn:
    """The session row of the request's cookie, with account and unit; 403 without one."""
    key = hashlib.sha256(request.cookies.get("floor", "").encode()).hexdigest()
    found = (
        SignIn.select(SignIn, Account, Unit)
        .join(Account)
        .switch(SignIn)
        .join(Unit)
        .where(SignIn.token_hash == key)
        .first()
    )
    return found or abort(403)


def create_app(database_path: Path, upload_dir: Path) -> Flask:
    """The floor over one database; uploads are written to `upload_dir`."""
    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if not database.is_closed():
        database.close()
    database.init(str(database_path), pragmas=PRAGMAS)

    @app.before_request
    def connect() -> None:
        database.connect(reuse_if_open=True)

    app.add_url_rule("/bytes", view_func=constant_bytes)
    app.add_url_rule("/constants", view_func=constants)
    app.add_url_rule("/session", view_func=session_only)
    app.add_url_rule("/unit", view_func=unit_page)
    app.add_url_rule("/write", view_func=write, methods=["POST"])
    app.add_url_rule("/upload", view_func=lambda: upload(upload_dir), methods=["POST"], endpoint="upload")
    return app


def constant_bytes() -> Response:
    """Nothing but the framework."""
    return Response(b"ok", mimetype="text/plain")


def session_only() -> Response:
    """The session row and nothing else."""
    return Response(signed_in().account.name, mimetype="text/plain")


def constants() -> str:
    """The unit page from constants: templates without a database."""
    return page("青溪区公路养护中心", "穆知秋", CONSTANT_ROWS, 412)


def unit_page() -> str:
    """The signed-in unit page: session row, count, 20 rows."""
    row = signed_in()
    here = (Person.unit == row.unit_id) & (Person.status == "active")
    total = Person.select().where(here).count()
    people = list(Person.select(*COLUMNS).where(here).order_by(Person.id).limit(ROWS).dicts())
    return page(row.unit.name, row.account.name, people, total)


def page(unit: str, account: str, rows: list[dict], total: int) -> str:
    """The page around the rows."""
    return render_template("unit.html", unit=unit, account=account, rows=rows, total=total, menu=MENU, filters=FILTERS)


def write() -> Response:
    """One signed-in write: session row, BEGIN IMMEDIATE, one UPDATE, COMMIT with synchronous=FULL."""
    row = signed_in()
    with database.atomic("IMMEDIATE"):
        changed = (
            Sheet.update(data=request.form["text"], version=Sheet.version + 1)
            .where((Sheet.id == int(request.form["sheet"])) & (Sheet.account == row.account_id))
            .execute()
        )
    return Response(status=204) if changed else Response("not yours", 404)


def upload(folder: Path) -> Response:
    """One multipart file onto the disk, nothing looked at."""
    signed_in()
    request.files["file"].save(folder / "upload.bin")
    return Response(status=204)
