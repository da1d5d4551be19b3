"""Every route as everybody, on things of four units: function level, object level, no text of another unit, and
nothing written by a GET or by a call that is not allowed.

ASVS 3.5.3, 8.1.1, 8.2.1, 8.2.2, 8.3.1, 8.4.1; inventory X-01 … X-12 (who does what).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from gkportal.core.web import SENTENCES
from tests.access import calls, matrix, reading
from tests.access.conftest import Arena, csrf_token
from tests.access.matrix import DONE, FORBIDDEN, MISSING, REASON, SIGN_IN, Person, Place

MATRIX = matrix.rows()
#: What was tried, for the summary at the end.
TRIED: Counter[str] = Counter()


def test_every_route_has_a_row_and_every_row_a_route(arena):
    """A new route fails here until its row says who may use it (ASVS 8.1.1)."""
    routes = {rule.endpoint: rule.methods - {"HEAD", "OPTIONS"} for rule in arena.app.url_map.iter_rules()}
    assert routes.keys() - MATRIX.keys() == set(), "routes without a row in tests/access/matrix.toml"
    assert MATRIX.keys() - routes.keys() == set(), "rows without a route"
    assert {key: set(row.statuses) for key, row in MATRIX.items()} == routes


def test_the_document_is_up_to_date(arena):
    """docs/access-matrix.md says what is tested; `python -m tests.access.matrix` writes it anew."""
    assert matrix.DOCUMENT.read_text() == matrix.document(arena.app)


@pytest.mark.parametrize("endpoint", MATRIX)
def test_everybody_on_everything(arena, persons, place, endpoint):
    """Each person × thing × method, as page and as htmx fragment; whatever a call changes is rolled back."""
    row = MATRIX[endpoint]
    rules = [rule for rule in arena.app.url_map.iter_rules() if rule.endpoint == endpoint]
    things = calls.things_for(row, arena)
    problems, seen = [], {method: Counter() for method in row.statuses}
    for person in persons:
        texts = reading.forbidden(person, arena.scene, place)
        for thing, rule, method, htmx, wanted in _cells(row, rules, things, person, place):
            before = arena.changes
            response = _call(arena, rule, person, thing, method, htmx)
            changed = arena.changes != before
            seen[method][response.status_code] += wanted == DONE
            TRIED["calls"] += 1
            TRIED[wanted] += 1
            TRIED["writing calls"] += changed
            wrong = _wrong(row, person, response, wanted, method, htmx=htmx)
            wrong += [f"leaks {text}" for text in reading.leaks(response, person, texts)]
            wrong += _numbers(endpoint, response)
            if changed and (wanted != DONE or (method == "GET" and endpoint not in _RECORDED_LOOKS)):
                wrong.append("writes to the database")
            place_of = thing and (thing.kind, thing.org, thing.sent, thing.extra)
            problems += [(person.name, place_of, method, htmx, one) for one in wrong]
    assert not problems, f"{len(problems)} cells are not as the matrix says, first: " + "\n".join(
        map(str, problems[:12])
    )
    for method, statuses in row.statuses.items():
        assert seen[method][statuses[0]], f"{method} never gave {statuses[0]}: {dict(seen[method])}"


#: Addresses of files: the same bytes for a page and for htmx.
_FILES = (".pdf", ".jpg", ".zip", "/file")


def _cells(row: matrix.Row, rules: list[Rule], things: list, person: Person, place: Place) -> Iterator[tuple]:
    """What to try. Who may not use the function at all is refused before any thing is looked at, so one thing is
    enough; for things out of reach, and for long lists of posted forms, page and fragment take turns."""
    tried = set()
    for number, thing in enumerate(things):
        wanted = matrix.expected(row, person, thing, place)
        if wanted in (FORBIDDEN, SIGN_IN):
            if wanted in tried:
                continue
            tried.add(wanted)
        for rule in rules:
            for method in row.statuses:
                yield from (
                    (thing, rule, method, htmx, wanted) for htmx in _variants(wanted, method, rule, things, number)
                )


def _variants(wanted: str, method: str, rule: Rule, things: list, number: int) -> tuple[bool, ...]:
    if wanted == DONE and rule.rule.endswith(_FILES):
        return (False,)
    turns = wanted == MISSING or (wanted == DONE and method == "POST" and len(things) > 12)
    return (bool(number % 2),) if turns else (False, True)


def _call(arena: Arena, rule: Rule, person: Person, thing: calls.Thing | None, method: str, htmx: bool) -> TestResponse:
    client = arena.client(person.name)
    if not person.signed_in and "public" in MATRIX[rule.endpoint].cells and method == "POST":
        client.csrf_header = csrf_token(client.get("/login"))
    path = calls.address(arena, rule, thing)
    with arena.undone():
        if method == "GET":
            return client.get(path, htmx=htmx, buffered=True)
        return client.post(path, data=calls.body(arena, rule.endpoint, person, thing), htmx=htmx, buffered=True)


def _wrong(
    row: matrix.Row, person: Person, response: TestResponse, wanted: str, method: str, *, htmx: bool
) -> list[str]:
    status, text = response.status_code, response.get_data(as_text=True) if response.mimetype == "text/html" else ""
    function = SENTENCES[403] in text
    if wanted == DONE:
        allowed = set(row.statuses[method]) | ({200, 204} if htmx else set())
        return [] if status in allowed and not function else [f"{status}, not one of {sorted(allowed)}: {_first(text)}"]
    if wanted == SIGN_IN:
        return _not_signed_in(response, method, htmx)
    codes = {FORBIDDEN: 403, REASON: 403, MISSING: 404}
    if status != codes[wanted]:
        return [f"{status}, not {codes[wanted]} ({wanted})"]
    if wanted == FORBIDDEN and not function:
        return ["403 without the sentence"]
    return ["403 as if the function were forbidden"] if wanted == REASON and function else []


def _not_signed_in(response: TestResponse, method: str, htmx: bool) -> list[str]:
    """303 to the login page, 401 for htmx; a POST without a session's token is refused as such before that."""
    if htmx:
        return [] if response.status_code == 401 else [f"{response.status_code}, not 401"]
    fine = response.status_code == 303 and response.location.startswith("/login")
    return [] if fine else [f"{response.status_code} to {response.location}, not to the login page"]


#: The only answers with whole 公民身份号码: the recorded look, and the printed form itself.
_WITH_NUMBERS = {
    "roster.reveal",
    "declarations.approval_form_pdf",
    "declarations.print_batch",
    "declarations.materials_zip",
    "declarations.material_file",
}


#: The one page whose GET leaves a trace: who printed a receipt is recorded.
_RECORDED_LOOKS = {"review.case_receipt"}


def _numbers(endpoint: str, response: TestResponse) -> list[str]:
    headers = "\n".join(value for _, value in response.headers)
    if reading.ID_NUMBER.search(headers):
        return ["a whole 公民身份号码 in a header"]
    if endpoint in _WITH_NUMBERS:
        return []
    found = reading.ID_NUMBER.search(reading.said(response))
    return [f"a whole 公民身份号码 in the answer: {found[0]}"] if found else []


def _first(text: str) -> str:
    """A few words of a page's message, for the failure's text."""
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    return plain[-300:] if len(plain) > 400 else plain


def test_summary(capsys, persons):
    """How much was tried (printed, so that a report can cite it)."""
    with capsys.disabled():
        print(f"\n  {len(MATRIX)} routes × {len(persons)} persons: {dict(TRIED)}")
    assert len(persons) == 21
    if TRIED["calls"] > 10_000:  # the whole matrix ran, not a selection of it
        assert TRIED["writing calls"] > 300
