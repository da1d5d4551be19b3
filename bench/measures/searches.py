"""G8: every search of performance.md, and the page at 90 % without a filter, over the whole city at the largest size."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from bench.load import Call
from bench.measures.pages import compare
from bench.report import Row, ms
from bench.yard import NotThere, Product, Yard

SIZE = 20
BAR = 1.5
ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked. `personal` is posted first; the page then names it by a token, as a reload does."""

    key: str
    what: str
    query: tuple[tuple[str, str], ...] = ()
    personal: tuple[tuple[str, str], ...] = ()


#: `{…}` is filled in from the database's notes.
SEARCHES = (
    Search("far", "page at 90 %, no filter", (("status", "all"), ("page", "{far}"))),
    Search("far_active", "page at 90 %, 在职", (("page", "{far_active}"),)),
    Search("status_grade", "status and grade", (("status", "retired"), ("grade", "4"))),
    Search("status_grade_page", "status and grade, page 40", (("status", "active"), ("grade", "4"), ("page", "40"))),
    Search("education", "education", (("education", "31"),)),
    Search("trade", "trade", (("trade", "{trade}"),)),
    Search("born", "born in May 1980", (("born_from", "1980-05-01"), ("born_to", "1980-05-31"))),
    Search("department", "主管单位 by part of its name", (("department", "第3主管"),)),
    Search("office", "上级工考办", (("office", "{office}"),)),
    Search("office_grade", "上级工考办 and grade", (("office", "{office}"), ("grade", "3"))),
    Search("number", "whole ID number", personal=(("id_number", "{number}"),)),
    Search("tail", "last 6 of the ID number", personal=(("id_number", "{tail}"),)),
    Search("surname", "1 character, a frequent surname", personal=(("name", "王"),)),
    Search("inside", "2 characters inside a name", personal=(("name", "建国"),)),
    Search("rare", "1 rare character", personal=(("name", "䶮"),)),
    Search("initials", "pinyin initials, 2 letters", personal=(("name", "wj"),)),
    Search("initial", "pinyin initial, 1 letter", personal=(("name", "w"),)),
    Search("pinyin", "whole pinyin", personal=(("name", "wangwei"),)),
    Search("name_grade", "2 characters and grade", (("grade", "3"),), (("name", "建国"),)),
    Search("initials_education", "initials and education", (("education", "47"),), (("name", "wj"),)),
    Search("initials_unit", "initials, one 上级工考办", (("office", "{office}"),), (("name", "wj"),)),
)


def search_calls(product: Product, search: Search) -> list[Call]:
    """The GET of the result page (personal conditions are posted first). Raises NotThere."""
    values = {key: value.format(**product.notes["sample"]) for key, value in search.query}
    who = "city"
    if search.personal:
        who = f"city{1 + [item for item in SEARCHES if item.personal].index(search)}"
        personal = {key: value.format(**product.notes["sample"]) for key, value in search.personal}
        return [product.get(who, _posted(product, who, values | personal))]
    return [product.get(who, "/roster?" + urlencode(values | {"per_page": SIZE}))]


def _posted(product: Product, who: str, fields: dict[str, str]) -> str:
    """Post a search as the form does; returns the address it leads to."""
    call = product.post(who, "/roster", urlencode(fields | {"per_page": SIZE}).encode())
    connection = http.client.HTTPConnection("127.0.0.1", product.server.port, timeout=30)
    try:
        connection.request(call.method, call.path, call.body, call.headers)
        response = connection.getresponse()
        response.read()
        if response.status != 303:
            raise NotThere(f"search {fields}: status {response.status}")
        parts = urlsplit(response.headers["Location"])
        return f"{parts.path}?{parts.query}"
    finally:
        connection.close()


def searches(yard: Yard) -> list[Row]:
    """Each search in turn with the product's own first page, one round after the other."""
    product = yard.product("large")
    targets = {"first": (product.server.port, [product.get("city", f"/roster?per_page={SIZE}")])}
    rows: list[Row] = []
    for search in SEARCHES:
        try:
            targets[search.key] = (product.server.port, search_calls(product, search))
        except NotThere as error:
            rows.append(Row("G8", search.what, "", "", failed=True, note=str(error)))
    found = compare(targets, yard.rounds(ROUNDS))
    first = found["first"]
    people = yard.people("large")
    rows.append(Row("G8", f"own first page, whole city, {people}", ms(first.p50), "", raw={"first": first}))
    for search in SEARCHES:
        if search.key in found:
            one = found[search.key]
            rows.append(
                Row(
                    "G8",
                    search.what,
                    ms(one.p50),
                    ms(first.p50) + " own",
                    one.p50 / first.p50,
                    BAR,
                    raw={"search": one},
                )
            )
    rows.append(_as_posted(yard, product))
    return rows


def _as_posted(yard: Yard, product: Product) -> Row:
    """A name search as the form sends it: the session keeps the name (one commit), the answer is the list."""
    body = urlencode({"name": "建国", "per_page": SIZE}).encode()
    headers = {"HX-Request": "true", "HX-Target": "roster-list"}
    found = compare(
        {
            "posted": (product.server.port, [product.post("city", "/roster", body, **headers)]),
            "first": (product.server.port, [product.get("city", f"/roster?per_page={SIZE}")]),
        },
        yard.rounds(ROUNDS),
    )
    return Row("G8", "name search as posted by htmx", ms(found["posted"].p50), ms(found["first"].p50) + " own",
               found["posted"].p50 / found["first"].p50, BAR, raw=found)  # fmt: skip
