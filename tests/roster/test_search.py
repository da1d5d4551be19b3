"""Search shapes, who sees whom, and how many queries it takes."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import date

import pytest

from gkportal.core import db
from gkportal.core.errors import NotFound
from gkportal.roster import operations, queries
from gkportal.roster.models import Worker, WorkerCount
from gkportal.roster.queries import RosterFilters
from gkportal.roster.synthetic import bulk_store, make_people
from tests.world import NOW, id_number


@contextmanager
def counted():
    """The SQL statements of the block."""
    statements: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record):
            statements.append(str(record.msg))

    logger, handler = logging.getLogger("peewee"), Keep()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield statements
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def _names(page) -> list[str]:
    return [row["name"] for row in page.rows]


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("clerk", "桑春生 柏长河 古秀兰 卫永年 路𬀩 曾雨欣"),
        ("unit_admin", "桑春生 柏长河 古秀兰 卫永年 路𬀩 曾雨欣"),
        ("sibling_clerk", "陶远航"),
        ("foreign_clerk", "鲍福全"),
        ("city_clerk", "舒望"),
        ("department_reviewer", "桑春生 柏长河 古秀兰 卫永年 路𬀩 曾雨欣 陶远航"),
        ("city_department_reviewer", "舒望"),
        ("other_department_reviewer", "鲍福全"),
        ("district_reviewer", "桑春生 柏长河 古秀兰 卫永年 路𬀩 曾雨欣 陶远航"),
        ("other_district_reviewer", "鲍福全"),
        ("city_reviewer", "舒望 桑春生 柏长河 古秀兰 卫永年 路𬀩 曾雨欣 陶远航 鲍福全"),
        ("round_admin", "舒望 桑春生 柏长河 古秀兰 卫永年 路𬀩 曾雨欣 陶远航 鲍福全"),
        ("system_admin", ""),
        ("security_admin", ""),
        ("audit_admin", ""),
    ],
)
def test_everybody_sees_their_own_people_only(world, who, seen):
    """Own, sibling, child, foreign; the separated administrators see nobody (X-08)."""
    actor = world.actor(who)
    assert _names(queries.search(actor, RosterFilters())) == seen.split()
    assert {row.name for row in queries.visible_to(actor)} == set(seen.split())
    for key, worker in world.workers.items():
        if worker.name in seen.split():
            assert queries.get_visible(actor, f"worker-{key}").id == worker.id
        else:
            with pytest.raises(NotFound):
                queries.get_visible(actor, f"worker-{key}")


@pytest.mark.parametrize(
    "who",
    [
        "clerk",
        "sibling_clerk",
        "department_reviewer",
        "other_district_reviewer",
        "city_department_reviewer",
        "system_admin",
    ],
)
@pytest.mark.parametrize(
    "filters",
    [
        RosterFilters(name="福"),
        RosterFilters(name="bfq"),
        RosterFilters(id_number=id_number(108, date(1983, 3, 3))),
        RosterFilters(grade="5"),
        RosterFilters(born_from="1983-03-03", born_to="1983-03-03"),
        RosterFilters(department="白石"),
        RosterFilters(office="org-other-district"),
    ],
)
def test_no_filter_reaches_a_foreign_person(world, who, filters):
    page = queries.search(world.actor(who), filters)
    assert ("鲍福全" in _names(page)) is (who == "other_district_reviewer")


def test_separated_administrators_have_no_roster_page(sign_in):
    assert [sign_in(who).get("/roster").status_code for who in ("system_admin", "security_admin", "audit_admin")] == [
        403
    ] * 3


def test_another_units_person_is_not_found(sign_in):
    clerk = sign_in("clerk")
    for key in ("tao", "bao", "shu"):
        assert clerk.get(f"/roster/worker-{key}").status_code == 404
        assert clerk.post(f"/roster/worker-{key}/reveal").status_code == 404
    assert sign_in("district_reviewer").get("/roster/worker-tao").status_code == 200
    assert sign_in("district_reviewer").get("/roster/worker-bao").status_code == 404


def test_an_office_narrows_to_a_district_and_a_department(world):
    city = world.actor("city_reviewer")
    assert _names(queries.search(city, RosterFilters(office="org-other-district"))) == ["鲍福全"]
    assert _names(queries.search(city, RosterFilters(department="教育"))) == ["鲍福全"]
    assert _names(queries.search(city, RosterFilters(department="市交通"))) == ["舒望"]
    assert _names(queries.search(city, RosterFilters(office="org-district", grade="4"))) == [
        "桑春生",
        "柏长河",
        "陶远航",
    ]
    assert _names(queries.search(city, RosterFilters(office="org-district", name="tyh"))) == ["陶远航"]
    assert _names(queries.search(city, RosterFilters(office="org-district", name="航"))) == ["陶远航"]
    assert _names(queries.search(city, RosterFilters(name="航"))) == ["陶远航"]
    assert _names(queries.search(city, RosterFilters(name="长"))) == ["柏长河"]


def test_a_person_with_many_readings_comes_once(world):
    operations.store_worker(unit=world.orgs["unit"], name="单长行", id_number=id_number(401), now=NOW)
    for who in ("clerk", "district_reviewer", "city_reviewer"):
        for typed in ("d", "s", "c", "sch", "scx", "dzh", "shanchang", "danzhangh", "chan"):
            assert _names(queries.search(world.actor(who), RosterFilters(name=typed))).count("单长行") == 1, typed
        assert queries.search(world.actor(who), RosterFilters(name="s", status="active")).total == len(
            queries.search(world.actor(who), RosterFilters(name="s", status="active")).rows
        )


def test_the_picker_shows_those_in_service_of_one_unit(world):
    """S000-101, S000-105."""
    Worker.update(status="retired").where(Worker.public_id == "worker-wei").execute()
    unit = world.orgs["unit"].id
    page = queries.search_unit(unit)
    assert (_names(page), page.total) == (["桑春生", "柏长河", "古秀兰", "路𬀩", "曾雨欣"], 5)
    assert _names(queries.search_unit(unit, RosterFilters(status="active", name="bc"))) == ["柏长河"]
    assert _names(queries.search_unit(unit, RosterFilters(grade="4"), 2, 1)) == ["柏长河"]
    assert queries.matching_unit_ids(unit, RosterFilters(status="active"), 100) == [row["id"] for row in page.rows]


def _stock(world, count: int) -> list[int]:
    units = [world.orgs[key].id for key in ("unit", "sibling", "foreign", "city_unit")]
    assert bulk_store(make_people(count), units, now=NOW) == count
    return units


@pytest.mark.parametrize("size", [10, 20, 50, 100])
@pytest.mark.parametrize("who", ["clerk", "district_reviewer", "city_reviewer"])
@pytest.mark.parametrize(
    "filters",
    [
        RosterFilters(),
        RosterFilters(status="active"),
        RosterFilters(sex="2"),
        RosterFilters(name="w"),
        RosterFilters(born_from="1970-01-01"),
    ],
)
def test_pages_together_are_the_whole_result(world, who, size, filters):
    """No page repeats or loses anybody, whatever leads the search; far pages included."""
    _stock(world, 600)
    actor = world.actor(who)
    first = queries.search(actor, filters, 1, size)
    seen = [
        row["id"] for number in range(1, first.pages + 1) for row in queries.search(actor, filters, number, size).rows
    ]
    assert len(seen) == len(set(seen)) == first.total
    wanted = {row.id for row in queries.visible_to(actor) if _fits(row, filters)}
    assert set(seen) == wanted
    assert queries.search(actor, filters, first.pages, size).has_next is False


def _fits(worker: Worker, filters: RosterFilters) -> bool:
    from gkportal.roster.names import name_keys

    return (
        (not filters.status or worker.status == filters.status)
        and (not filters.sex or worker.sex == filters.sex)
        and (not filters.name or any(key.startswith(filters.name) for key in name_keys(worker.name)))
        and (not filters.born_from or worker.birth_date.isoformat() >= filters.born_from)
    )


def test_counts_stop_at_a_thousand_but_totals_without_filter_do_not(world):
    _stock(world, 3000)
    city = world.actor("city_reviewer")
    assert queries.search(city, RosterFilters()).total_label == "3009"
    found = queries.search(city, RosterFilters(sex="1"))
    assert (found.total_label, found.has_next) == ("1000+", True)
    beyond = queries.search(city, RosterFilters(sex="1"), 150)
    assert len(beyond.rows) == 10 and beyond.number == 150


def test_worker_counts_follow_every_change(world):
    unit, sibling = world.orgs["unit"].id, world.orgs["sibling"].id

    def count(unit_id: int, status: str) -> int:
        return WorkerCount.get((WorkerCount.unit_id == unit_id) & (WorkerCount.status == status)).number

    assert (count(unit, ""), count(unit, "active"), count(sibling, "")) == (6, 6, 1)
    Worker.update(status="retired").where(Worker.public_id == "worker-wei").execute()
    assert (count(unit, ""), count(unit, "active"), count(unit, "retired")) == (6, 5, 1)
    Worker.update(unit=sibling).where(Worker.public_id == "worker-wei").execute()
    assert (count(unit, ""), count(unit, "retired"), count(sibling, "retired"), count(sibling, "")) == (5, 0, 1, 2)
    Worker.delete().where(Worker.public_id == "worker-wei").execute()
    assert (count(sibling, "retired"), count(sibling, "")) == (0, 1)


@pytest.mark.parametrize(
    "filters",
    [
        RosterFilters(), RosterFilters(status="active"), RosterFilters(name="w"), RosterFilters(name="生"),
        RosterFilters(sex="1"), RosterFilters(id_number="061011"),
    ],
)  # fmt: skip
def test_a_search_takes_six_queries_for_any_number_of_rows(world, filters):
    """Catalogue, other roots, totals, ids, rows, organisations."""
    actor = world.actor("city_reviewer")
    with counted() as few:
        queries.search(actor, filters, 1, 10)
    _stock(world, 500)
    with counted() as many:
        queries.search(actor, filters, 1, 100)
    assert (len(few), len(many)) == (6, 6)


def test_the_list_page_takes_nine_queries_with_one_row_and_with_thirty(sign_in, world):
    """Session, roles, catalogue, offices, totals, ids, rows, organisations, menu badge."""
    single, many = sign_in("sibling_clerk"), sign_in("clerk")
    with db.write_transaction():
        for serial in range(24):
            operations.store_worker(unit=world.orgs["unit"], name="麻平", id_number=id_number(600 + serial), now=NOW)
    numbers = []
    for client, rows in ((single, 1), (many, 30)):
        with counted() as statements:
            page = client.get("/roster?per_page=50").get_data(as_text=True)
        assert page.count("gk-eye") == rows
        numbers.append(len(statements))
    assert numbers == [9, 9]


def test_bundles_take_nine_queries_for_one_and_for_all(world):
    everybody = [worker.id for worker in world.workers.values()]
    for ids in (everybody[:1], everybody):
        with counted() as statements:
            found = queries.bundles(ids)
        assert len(statements) == queries.BUNDLE_QUERIES == 9
        assert list(found) == ids
    bundle = found[world.workers["sang"].id]
    assert bundle.unit.name == "青溪区公路养护中心"
    assert [row.number for row in bundle.certificates] == ["YZ000101"]
    assert [(row.year, row.result) for row in bundle.appraisals] == [(year, "qualified") for year in range(2019, 2024)]
    assert queries.bundles([]) == {}


def test_the_detail_page_takes_the_same_queries_for_full_and_empty_people(sign_in, world):
    operations.store_worker(
        unit=world.orgs["unit"], name="麻空", id_number=id_number(700), now=NOW, public_id="worker-kong"
    )
    client = sign_in("clerk")
    numbers = []
    for key in ("sang", "kong"):
        with counted() as statements:
            assert client.get(f"/roster/worker-{key}").status_code == 200
        numbers.append(len(statements))
    assert numbers == [16, 16]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("古丽娜尔·阿山", ("古", "尔阿", "尔·阿", "尔•阿", "glneas", "gulinaer")),
        ("麻䶮", ("䶮", "麻䶮", "my", "mayan")),
        ("麻㛃", ("㛃", "mj")),
        ("麻𬭎", ("𬭎", "麻𬭎", "mh")),
        ("麻𫖯", ("𫖯", "mf")),
        ("麻𠅤", ("𠅤", "mx")),
        ("麻𡋾", ("𡋾", "麻𡋾", "m")),
        ("吕绿", ("绿", "LÜ", "lvlv", "lyu", "ll")),
    ],
)
@pytest.mark.parametrize("who", ["clerk", "district_reviewer", "city_reviewer"])
def test_rare_and_dotted_names_are_found(world, who, name, typed):
    """Characters of four bytes, dots of minority names, ü (W17)."""
    from gkportal.core.text import clean_name

    operations.store_worker(unit=world.orgs["unit"], name=name, id_number=id_number(410), now=NOW)
    for text in typed:
        assert name in _names(queries.search(world.actor(who), RosterFilters(name=clean_name(text)))), text
