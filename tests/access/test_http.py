"""What every answer has in common: headers, cookies, tokens, methods, and honest answers to hostile requests.

security.md §3 and §5 (ASVS 1.2.1, 1.3.7, 1.3.10, 3.2 … 3.5, 3.7.2, 4.1, 5.2.1, 8.2.3, 13.4, 15.3, 16.5).
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.routing import Rule

from gkportal import models
from gkportal.auth.models import LoginAttempt, UserSession
from gkportal.core import db
from gkportal.core.web import CSP, PREVIEW_CSP, SENTENCES
from gkportal.hall import queries as hall_queries
from tests.access import calls, matrix, reading
from tests.access.conftest import VISITOR, Arena, csrf_token, log_in
from tests.access.matrix import DONE, Person
from tests.client import CheckingClient
from tests.world import PASSWORD

MATRIX = matrix.rows()
POSTS = [key for key, row in MATRIX.items() if "POST" in row.statuses]
GETS = [key for key, row in MATRIX.items() if "GET" in row.statuses]
#: Answers that show a file inside our own pages, and pictures the same browser may keep for a day.
PREVIEWS = {
    "declarations.approval_form_pdf", "declarations.print_batch", "declarations.material_file", "declarations.material_page",
    "declarations.material_thumbnail", "review.case_receipt",
}  # fmt: skip
KEPT = {"declarations.material_page", "declarations.material_thumbnail"}
#: People in the order in which they are asked to make a call.
FIRST = (
    "clerk",
    "unit_admin",
    "department_reviewer",
    "district_reviewer",
    "round_admin",
    "system_admin",
    "security_admin",
    "audit_admin",
)


def rule_of(arena: Arena, endpoint: str) -> Rule:
    """The endpoint's rule (the one with most arguments)."""
    return max(
        (r for r in arena.app.url_map.iter_rules() if r.endpoint == endpoint), key=lambda rule: len(rule.arguments)
    )


def allowed(arena: Arena, persons: list[Person], place, endpoint: str) -> tuple[Person, calls.Thing | None]:
    """Somebody who may make this call, and a thing for it; drafts and waiting tasks first."""
    row = MATRIX[endpoint]
    things = sorted(
        calls.things_for(row, arena), key=lambda one: bool(one) and (one.sent, one.extra.get("state") == "done")
    )
    by_name = {person.name: person for person in persons}
    order = [by_name[name] for name in FIRST] + persons[1:] + persons[:1]
    return next((p, t) for p in order for t in things if matrix.expected(row, p, t, place) == DONE)


@pytest.fixture
def call(arena, persons, place):
    """`call(endpoint, method)` → (client, path, form) of a permitted call."""

    def prepare(endpoint: str) -> tuple[CheckingClient, str, dict]:
        person, thing = allowed(arena, persons, place, endpoint)
        path = calls.address(arena, rule_of(arena, endpoint), thing)
        return arena.client(person.name), path, calls.body(arena, endpoint, person, thing)

    return prepare


# --- headers and cookies ---


@pytest.mark.parametrize("endpoint", MATRIX)
def test_security_headers_on_every_answer(arena, call, endpoint):
    """ASVS 3.4.2 … 3.4.6, 4.1.1, 14.3.2: permitted calls, refused ones and those of visitors."""
    client, path, form = call(endpoint)
    visitor = arena.client(VISITOR)
    with arena.undone():
        answers = [visitor.get(path), visitor.post(path)]
        answers += [client.get(path)] if endpoint in GETS else []
        answers += [client.post(path, data=form)] if endpoint in POSTS else []
    for answer in answers:
        headers = answer.headers
        shown = answer.status_code == 200 and endpoint in PREVIEWS
        assert headers["Content-Security-Policy"] == (PREVIEW_CSP if shown else CSP)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"
        assert not [name for name, _ in headers if name.lower().startswith("access-control-")]
        assert "Strict-Transport-Security" not in headers
        if answer.mimetype.startswith("text/"):
            assert "charset=utf-8" in headers["Content-Type"]
        answer.close()
        if endpoint == "static" and answer.status_code == 200:
            continue
        if answer.headers["Content-Type"].endswith("spreadsheetml.sheet"):
            assert "no-store" in headers["Cache-Control"] or "max-age=0" in headers["Cache-Control"]
            continue
        wanted = "private, max-age=86400" if answer.status_code == 200 and endpoint in KEPT else "no-store"
        assert headers["Cache-Control"] == wanted, headers["Cache-Control"]


def test_the_policies_allow_nothing_inline_and_nothing_foreign():
    """ASVS 3.4.3, literally."""
    assert CSP == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-src 'self'; frame-ancestors 'none'"
    )
    assert PREVIEW_CSP == "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"


def test_the_session_cookie_over_http(arena):
    with arena.undone():
        answer = log_in(arena.client(VISITOR), "http://127.0.0.1:8000")
    cookie = next(item for item in answer.headers.getlist("Set-Cookie") if item.startswith("gk_session="))
    assert answer.status_code == 303
    assert re.fullmatch(r"gk_session=[\w-]{43}; HttpOnly; Path=/; SameSite=Lax", cookie)


def test_logging_out_clears_the_browser(arena):
    with arena.undone():
        client = arena.client("clerk")
        answer = client.post("/logout")
        assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
        assert arena.client("clerk").get("/account").status_code == 303, "the copied cookie is worth nothing"


# --- tokens, methods ---


@pytest.mark.parametrize("endpoint", POSTS)
@pytest.mark.parametrize("token", ["none", "of another person", "nonsense"])
def test_every_post_needs_the_token_of_its_session(arena, call, endpoint, token):
    """ASVS 3.5.1: 400 with a sentence, nothing written. Signing out of a session that is gone is no error."""
    client, path, form = call(endpoint)
    client.csrf_header = {
        "none": None,
        "of another person": arena.client("foreign_clerk").csrf_header,
        "nonsense": "abc",
    }[token]
    if token == "of another person" and endpoint == "auth.login_again":
        pytest.skip("signed in already: the page of another person is told so, see tests/auth")
    before = arena.changes
    with arena.undone():
        answer = client.post(path, data=form)
    assert answer.status_code == 400
    assert re.search(r"请刷新页面后再提交", answer.get_data(as_text=True))
    assert arena.changes == before


@pytest.mark.parametrize("endpoint", MATRIX)
def test_other_methods_are_refused(arena, call, endpoint):
    """ASVS 13.4.4."""
    client, path, _ = call(endpoint)
    methods = {"PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} | ({"POST"} if endpoint not in POSTS else set())
    siblings = {
        method
        for rule in arena.app.url_map.iter_rules()
        if rule.rule == rule_of(arena, endpoint).rule
        for method in rule.methods
    }
    before = arena.changes
    for method in sorted(methods - siblings):
        answer = client.open(path, method=method)
        assert answer.status_code == 405, (method, answer.status_code)
        assert SENTENCES[405] in answer.get_data(as_text=True)
    assert arena.changes == before


def test_no_get_or_head_changes_anything(arena, persons, place):
    """ASVS 3.5.3: every GET route with HEAD and GET as every role; the database is the same afterwards, byte for byte
    (the trace of a printed receipt aside). tests/access/test_matrix.py watches every single GET as well."""
    before = _state()
    for endpoint in GETS:
        row = MATRIX[endpoint]
        for person in persons:
            for thing in calls.things_for(row, arena)[:2]:
                if endpoint == "review.case_receipt" or matrix.expected(row, person, thing, place) != DONE:
                    continue
                path = calls.address(arena, rule_of(arena, endpoint), thing)
                head = arena.client(person.name).head(path, buffered=True)
                assert head.status_code in row.statuses["GET"] and not head.get_data()
    assert _state() == before


def _state() -> dict[str, list]:
    """Every row of every table."""
    tables = [row[0] for row in db.database.execute_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: sorted(map(repr, db.database.execute_sql(f'SELECT * FROM "{name}"')))
        for name in tables
        if "fts" not in name
    }


# --- hostile requests ---

HOSTILE_NEXT = (
    "//evil.example", "///evil.example", "////evil.example/", r"\\evil.example", r"/\evil.example", "https://evil.example",
    "https:evil.example", "http:///evil.example", "HTTPS://evil.example/cases", "javascript:alert(1)", "data:text/html,x",
    "/%09/evil.example", "/%2f%2fevil.example", "/%5cevil.example", "%2f%2fevil.example", "/\t/evil.example", "/\r\nSet-Cookie: a=b",
    " //evil.example", "/cases\r\nX: y", "//evil.example/%2e%2e", "/nowhere", "/logout", "/login?next=//evil.example",
    "@evil.example", "/static/portal.css", "http://127.0.0.1:8000@evil.example", "/" * 3000, "\x00/cases",
)  # fmt: skip


@pytest.mark.parametrize("target", HOSTILE_NEXT)
def test_signing_in_never_leads_out_of_the_site(arena, target):
    """ASVS 3.7.2."""
    with arena.undone():
        answer = log_in(arena.client(VISITOR), "http://127.0.0.1:8000", next_page=target)
    assert answer.status_code == 303 and answer.location == "/"


def test_signing_in_leads_back_to_the_page_asked_for(arena):
    with arena.undone():
        first = arena.client(VISITOR).get("/cases?tab=mine")
        assert first.location == "/login?next=/cases?tab%3Dmine"
        answer = log_in(arena.client(VISITOR), "http://127.0.0.1:8000", next_page="/cases?tab=mine")
    assert answer.location == "/cases?tab=mine"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "a b", "", "[::1", "gk\x00.cn"]
)
def test_an_unknown_host_is_refused(arena, host):
    answer = arena.client(VISITOR).get("/login", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil.example" not in reading.said(answer)


FORWARDED = {
    "X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/evil", "X-Forwarded-Port": "444", "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    "X-Original-URL": "/audit", "X-Rewrite-URL": "/audit", "X-HTTP-Method-Override": "DELETE",
}  # fmt: skip


def test_forwarded_headers_of_a_user_are_ignored(arena):
    """ASVS 4.1.3, 15.3.4: neither addresses nor the recorded source come from them."""
    with arena.undone():
        visitor = arena.client(VISITOR)
        page = visitor.get("/cases", headers=FORWARDED)
        assert page.location.startswith("/login?next=")
        token = csrf_token(visitor.get("/login", headers=FORWARDED))
        form = {"username": "clerk", "password": PASSWORD, "csrf_token": token}
        answer = visitor.post("/login", data=form, headers=FORWARDED)
        assert answer.location == "/" and "Secure" not in answer.headers["Set-Cookie"]
        row = UserSession.select().order_by(UserSession.id.desc()).first()
        assert row.source == "127.0.0.1"
        assert LoginAttempt.select().count() == 1
        assert "evil" not in reading.said(visitor.get("/account", headers=FORWARDED))


QUERY = ("page", "per_page", "tab", "q", "category", "item", "file", "kind", "grade", "mode", "trade", "unit", "number", "extra", "year",
         "version", "open", "ids", "state", "role", "name", "sex", "status", "office", "before", "first", "last", "verb", "person",
         "parent", "organization", "next", "check", "closed", "close", "download", "named", "arrived_from", "arrived_to", "born_from",
         "decision", "people", "left")  # fmt: skip
LONG = "汉" * 10_000
NAUGHTY = {
    "template": "{{7*7}}{%print(31337*3)%}${31337*3}#{31337*3}", "script": "\"'><script>alert(1)</script><img src=x onerror=alert(1)>",
    "format": "%s%n%d{0.__class__}{}%(a)s", "null": "a\x00b", "rtl": "甲\u202e乙\u200b丙\ufeff", "long": LONG, "emoji": "👩‍🔧🇨🇳",
    "rare": "路𬀩𠮷", "crlf": "a\r\nSet-Cookie: evil=1\r\n\r\nb", "sql": "' OR 1=1; DROP TABLE user; --", "path": "../../../../etc/passwd\\..\\..",
    "number": "9" * 40, "minus": "-1", "json": '{"$ne":null}', "surrogate": "\ud800", "digit": "²", "float": "1e999", "space": "   ",
}  # fmt: skip


@pytest.mark.parametrize("endpoint", [key for key in GETS if key != "static"])
@pytest.mark.parametrize(
    "kind", ["template", "script", "null", "long", "number", "minus", "digit", "surrogate", "twice"]
)
def test_naughty_queries_never_break_a_page(arena, call, endpoint, kind):
    """Nonsense, huge page numbers and repeated parameters in every address (ASVS 15.3.7)."""
    client, path, _ = call(endpoint)
    if kind == "twice":
        query = MultiDict([(name, value) for name in QUERY for value in ("1", "all", "2", "")])
    else:
        text = NAUGHTY[kind][:400] if kind == "long" else NAUGHTY[kind].encode("utf-8", "replace").decode()
        query = MultiDict([(name, text) for name in QUERY])
    with arena.undone():
        answer = client.get(path, query_string=query, buffered=True)
    _harmless(answer)


def _harmless(answer) -> None:
    """No 500, no markup of ours broken, nothing evaluated, no header injected."""
    text = answer.get_data(as_text=True) if answer.mimetype in ("text/html", "text/plain") else ""
    assert answer.status_code < 500, f"{answer.status_code}: {text[-300:]}"
    assert "<script>alert" not in text and "<img src=x" not in text and "94011" not in text
    assert "evil=1" not in "".join(answer.headers.getlist("Set-Cookie"))
    assert "Traceback" not in text and "sqlite3" not in text.lower() and "peewee" not in text


@pytest.mark.parametrize("endpoint", [key for key, row in MATRIX.items() if row.object])
def test_naughty_ids_in_addresses_are_not_found(arena, persons, place, endpoint):
    person, thing = allowed(arena, persons, place, endpoint)
    path = calls.address(arena, rule_of(arena, endpoint), thing)
    for text in (
        "{{7*7}}",
        "<script>alert(1)</script>",
        "%00",
        "%",
        "' OR 1=1",
        "𬀩",
        "x" * 3000,
        "-1",
        "0",
        "%2e%2e%2f",
    ):
        hostile = path.replace(thing.id, quote(text, safe="%"), 1)
        client = arena.client(person.name)
        with arena.undone():
            answer = (
                client.get(hostile)
                if endpoint in GETS
                else client.post(hostile, data=calls.body(arena, endpoint, person, thing))
            )
        _harmless(answer)
        # An address with // is sent on to the one without.
        assert answer.status_code in (404, 405, *((308,) if "%2f" in hostile else ())), (hostile, answer.status_code)


#: Whose page holds the form of a route that only takes posts.
_PAGES = {
    "roster.find": "roster.index",
    "declarations.save": "declarations.applicant",
    "declarations.save_rows": "declarations.applicant",
}


def _fields(client: CheckingClient, endpoint: str, path: str, form: dict) -> list[str]:
    """The names a form of this address has: those of a sound body, and those of its own page."""
    names = list(form)
    if endpoint in GETS:
        text = client.get(path).get_data(as_text=True)
        for block in (
            re.findall(rf'<form[^>]*(?:action|hx-post)="{re.escape(path)}"[^>]*>(.*?)</form>', text, re.S)
            or re.findall(r'<form method="post"[^>]*>(.*?)</form>', text, re.S)[-1:]
        ):
            names += re.findall(r'name="([^"]+)"', block)
    return [name for name in dict.fromkeys(names) if name != "csrf_token"]


def _names_of_page(arena: Arena, persons: list[Person], place, endpoint: str) -> set[str]:
    """Every field name on the page that a POST-only route belongs to."""
    if endpoint not in _PAGES:
        return set()
    person, thing = allowed(arena, persons, place, endpoint)
    page = arena.client(person.name).get(calls.address(arena, rule_of(arena, _PAGES[endpoint]), thing))
    return set(re.findall(r'name="([^"]+)"', page.get_data(as_text=True)))


def _posts(fields: list[str], form: dict) -> Iterator[dict]:
    """Every naughty text in all fields at once, and three of them in each field of an otherwise sound form."""
    for text in NAUGHTY.values():
        yield {name: text for name in fields}
    for name in fields:
        for kind in ("script", "number", "null", "digit"):
            yield form | {name: NAUGHTY[kind]}


def _sendable(form: dict) -> dict:
    return {
        key: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for key, value in form.items()
    }


@pytest.mark.parametrize("endpoint", POSTS)
def test_naughty_strings_in_every_field_of_every_form(arena, persons, place, call, endpoint):
    """ASVS 1.2.1, 1.3.3, 1.3.7, 1.3.10, 2.2.1: an answer in words, nothing evaluated, nothing broken, never a 500."""
    person, _ = allowed(arena, persons, place, endpoint)
    client, path, form = call(endpoint)
    fields = _fields(client, endpoint, path, form) or ["name", "text", "version"]
    for data in _posts(fields, {key: value for key, value in form.items() if key != "file"}):
        with arena.undone():
            answer = arena.client(person.name).post(path, data=_sendable(data))
            _harmless(answer)
            if answer.status_code == 303 and answer.location.startswith("/"):
                _harmless(arena.client(person.name).get(answer.location))


@pytest.mark.parametrize("endpoint", ["declarations.upload_material", "declarations.drop_materials"])
@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.pdf",
        "a\x00.pdf",
        "<script>alert(1)</script>.pdf",
        "\u202efdp.exe",
        "x" * 400 + ".pdf",
        ".pdf",
        "{{7*7}}.pdf",
        "CON.pdf",
        "路𬀩👩.pdf",
    ],
)
def test_naughty_file_names(arena, call, endpoint, name):
    client, path, _ = call(endpoint)
    with arena.undone():
        answer = client.post(path, data={"file": (io.BytesIO(b"%PDF-1.4 nothing"), name)})
    _harmless(answer)
    assert answer.status_code == 422


#: Columns whose values differ from one run to the next by design.
_RANDOM = {
    "password_hash",
    "password_history",
    "token_hash",
    "public_id",
    "data",
    "hash",
    "previous_hash",
    "prev_hash",
    "form",
    "sha256",
    "thumbnail_sha256",
    "detail",
}


@pytest.mark.parametrize("endpoint", POSTS)
def test_no_form_sets_a_column_it_does_not_show(arena, persons, place, call, endpoint):
    """ASVS 8.2.3, 15.3.3: the same form with every column name of every table added leaves the same database."""
    client, path, form = call(endpoint)
    shown = set(_fields(client, endpoint, path, form)) | set(form) | _names_of_page(arena, persons, place, endpoint)
    shown |= (
        {"override_reason"} if endpoint in ("declarations.save", "declarations.save_rows") else set()
    )  # asked for when not eligible
    if endpoint in ("declarations.upload_material", "declarations.drop_materials"):
        pytest.skip("the only field is the file")
    columns = {name for model in models.ALL for name in model._meta.fields} | {
        name for model in models.ALL for name in model._meta.columns
    }
    hostile = {name: "1" for name in columns - shown}
    with arena.undone():
        plain_status = client.post(path, data=form).status_code
        plain = _columns()
    with arena.undone():
        full_status = (
            arena_client(arena, client).post(path, data=MultiDict([*_items(form), *hostile.items()])).status_code
        )
        full = _columns()
        changed = {
            name: [pair for pair in zip(full[name], plain[name], strict=False) if pair[0] != pair[1]]
            for name in plain
            if full[name] != plain[name]
        }
        assert not changed
    assert full_status == plain_status


def arena_client(arena: Arena, client: CheckingClient) -> CheckingClient:
    """A fresh client of the same session (the first one may have signed out)."""
    name = next(key for key, (_, header) in arena.signed_in.items() if header == client.csrf_header)
    return arena.client(name)


def _items(form: dict) -> list[tuple[str, str]]:
    return [(key, one) for key, value in form.items() for one in (value if isinstance(value, list) else [value])]


def _columns() -> dict[str, list]:
    found = {}
    for model in models.ALL:
        names = [name for name in model._meta.sorted_field_names if name not in _RANDOM]
        columns = [model._meta.fields[name] for name in names]
        found[model.__name__] = [repr(row) for row in model.select(*columns).tuples()]
    return found


# --- errors ---


@pytest.mark.parametrize("path", ["/nowhere", "/.git/config", "/static/../gkportal/config.py", "/static/%2e%2e/app.py", "/admin", "/debug",
                                  "/console", "/metrics", "/openapi.json", "/wp-login.php", "/instance/gkportal.db", "/static/", "/static/vendor/", "/cases/", "/../etc/passwd"])  # fmt: skip
@pytest.mark.parametrize("name", [VISITOR, "clerk"])
def test_unknown_addresses_are_404_in_words(arena, name, path):
    """ASVS 13.4.1 … 13.4.5."""
    answer = arena.client(name).get(path)
    assert answer.status_code == 404
    assert SENTENCES[404] in answer.get_data(as_text=True)
    _harmless(answer)


@pytest.mark.parametrize("htmx", [False, True])
def test_an_unforeseen_error_has_a_number_and_no_trace(arena, monkeypatch, caplog, htmx):
    """ASVS 16.2.5, 16.5.1: the page carries a number, the log carries the number and the trace, without ID numbers."""

    def broken(*_: object) -> None:
        raise RuntimeError("broken for 990101198005061011")

    monkeypatch.setattr(hall_queries, "favourites", broken)
    with caplog.at_level(logging.ERROR):
        answer = arena.client("clerk").get("/", htmx=htmx)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 500
    assert SENTENCES[500] in text
    for secret in ("Traceback", "RuntimeError", "broken", "990101", "gkportal/"):
        assert secret not in text
    number = re.search(r"\b[0-9A-F]{8}\b", text)[0]
    assert any(number in record.getMessage() for record in caplog.records)
    from gkportal.core.logs import JsonFormatter

    line = JsonFormatter().format(next(record for record in caplog.records if number in record.getMessage()))
    assert "990101198005061011" not in line and "990101********1011" in line and "\n" not in line


@pytest.mark.parametrize(
    "data",
    [
        {"file": (io.BytesIO(b"0" * (22 * 1024 * 1024)), "big.pdf")},
        {"file": "0" * (3 * 1024 * 1024)},
        {f"name{number}": "1" for number in range(2_100)} | {"file": (io.BytesIO(b"1"), "a.pdf")},
    ],
    ids=["body", "field", "parts"],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_body_over_the_limit_is_413_in_words(arena, call, data, htmx):
    """ASVS 2.3.2, 5.2.1; security.md §1.6."""
    client, path, _ = call("declarations.upload_material")
    fresh = {
        key: (io.BytesIO(value[0].getvalue()), value[1]) if isinstance(value, tuple) else value
        for key, value in data.items()
    }
    answer = client.post(path, data=fresh, htmx=htmx, content_type="multipart/form-data")
    assert answer.status_code == 413
    assert SENTENCES[413] in answer.get_data(as_text=True)


def test_a_visitor_cannot_send_a_large_body_either(arena):
    """Before anybody is signed in, before the token is looked at."""
    answer = arena.client(VISITOR).post("/login", data={"username": "0" * (3 * 1024 * 1024)})
    assert answer.status_code == 413 and SENTENCES[413] in answer.get_data(as_text=True)
