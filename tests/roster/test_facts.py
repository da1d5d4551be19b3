"""From the roster to the policy engine and to the declaration form; storing; synthetic people."""

from __future__ import annotations

from datetime import date

import pytest
from stdnum.cn.ric import calc_check_digit

from gkportal.core import db
from gkportal.core.errors import Conflict
from gkportal.policy import Honour, load_pack
from gkportal.roster import facts, operations, queries, rules
from gkportal.roster.models import (
    ExceptionUse,
    Worker,
    WorkerAppraisal,
    WorkerCertificate,
    WorkerEducation,
    WorkerHonour,
    WorkerNameKey,
)
from gkportal.roster.synthetic import SyntheticPerson, bulk_store, make_people
from tests.world import NOW, id_number


def _bundle(worker: Worker) -> queries.WorkerBundle:
    return queries.bundles([worker.id])[worker.id]


def test_sex_birth_date_and_tail_come_from_the_number(world):
    worker = operations.store_worker(
        unit=world.orgs["unit"], name=" 麻 平 ", id_number=id_number(2, date(1990, 2, 28)), now=NOW
    )
    assert (worker.name, worker.sex, worker.birth_date) == ("麻平", "2", date(1990, 2, 28))
    assert worker.id_tail == worker.id_number[-6:]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("99010119800506101", "公民身份号码应为 18 位，现在是 17 位，请核对。"),
        ("990101198005061012", "公民身份号码最后一位校验不正确，请逐位核对。"),
        ("990101198013061011", "不是有效日期"),
    ],
)
def test_bad_numbers_are_refused_with_the_reason(world, number, sentence):
    with pytest.raises(ValueError, match=sentence):
        operations.store_worker(unit=world.orgs["unit"], name="麻平", id_number=number, now=NOW)


def test_one_record_per_number_over_all_units(world):
    with pytest.raises(Conflict, match="已经在人员名册中"):
        operations.store_worker(unit=world.orgs["foreign"], name="麻平", id_number="990101198005061011", now=NOW)
    assert Worker.select().count() == 9


def test_a_failed_subset_leaves_nothing(world):
    with pytest.raises(TypeError):
        operations.store_worker(unit=world.orgs["unit"], name="麻平", id_number=id_number(801), now=NOW, careers=[None])
    assert Worker.select().count() == 9
    assert WorkerNameKey.select().where(WorkerNameKey.key == "maping").count() == 0


def test_trades_are_stored_as_codes_of_the_catalogue(world):
    pack = load_pack("changzhou/2024")
    for key, name in (("sang", "汽车驾驶与管理"), ("zeng", "烹饪")):
        worker = world.workers[key]
        assert worker.trade_code == pack.resolve_trade(name) and worker.trade_code.isdigit()
        certificate = WorkerCertificate.get(WorkerCertificate.worker == worker)
        assert (certificate.trade_name, certificate.trade_code) == (name, worker.trade_code)


def test_facts_hold_what_the_roster_knows(world):
    worker = world.workers["sang"]
    with db.write_transaction():
        WorkerHonour.create(worker=worker, happened_on="2010-08", title="三等功", level="")
        WorkerHonour.create(worker=worker, happened_on="2011-08", title="警告", kind="sanction")
        WorkerEducation.create(
            worker=worker, education="41", graduated_on="2000-06", major="汽修", related_to_trade=True
        )
        ExceptionUse.create(worker=worker, exception_class="honour", year=2019)
    known = facts.facts_of(_bundle(worker))
    assert (known.work_start, known.birth_date, known.sex, known.trade_start) == (
        "2000-07",
        "1980-05-06",
        "1",
        "2000-07",
    )
    assert {(item.code, item.related) for item in known.education} == {("41", True), ("21", None)}
    assert [(item.grade, item.issued_on, item.number, item.trade) for item in known.certificates] == [
        (4, "2018-08-31", "YZ000101", worker.trade_code)
    ]
    assert known.appraisals == {year: "qualified" for year in range(2019, 2024)}
    assert known.honours == (Honour("merit_3", 2010, "三等功"),)
    assert known.used_exception_classes == ("honour",)
    assert (known.status, known.on_post, known.is_veteran, known.current_grade, known.grade_held) == (
        "active",
        True,
        False,
        4,
        4,
    )
    assert known.banned_until is None


def test_empty_columns_are_unknown_facts(world):
    worker = operations.store_worker(unit=world.orgs["unit"], name="麻平", id_number=id_number(802), now=NOW)
    known = facts.facts_of(_bundle(worker))
    assert (known.work_start, known.trade_code, known.trade_start, known.education) == (None, None, None, None)
    assert known.certificates == () and known.grade_held == 0


def test_the_facts_let_the_pack_answer(world):
    pack = load_pack("changzhou/2024")
    verdict = pack.evaluate(
        facts.facts_of(_bundle(world.workers["sang"])),
        kind="level",
        grade=3,
        mode="normal",
        trade_code=world.workers["sang"].trade_code,
        year=2024,
    )
    assert verdict.outcome in ("met", "not_met") and verdict.lines


def test_every_roster_source_of_the_pack_has_a_value(world):
    """S000-75 … 82: the form is prefilled from the roster."""
    pack = load_pack("changzhou/2024")
    bundle = _bundle(world.workers["sang"])
    source = facts.form_source(bundle, bundle.unit, pack)
    wanted = {
        field.source
        for form in pack.data.forms
        for section in form.sections
        for field in (*section.fields, *section.after_fields)
        if field.source.startswith(("worker.", "unit.", "pack."))
    }
    assert wanted and not [path for path in sorted(wanted) if source(path) is None]
    assert source("worker.name") == "桑春生" and source("unit.name") == "青溪区公路养护中心"
    assert source("worker.birth_date") == "1980-05-06" and source("worker.work_start") == "2000-07"
    assert source("no.such.path") is None


def test_rows_of_the_form_are_prefilled(world):
    bundle = _bundle(world.workers["sang"])
    source = facts.form_source(bundle, bundle.unit, load_pack("changzhou/2024"))
    certificate = source("certificates")[0]
    assert (certificate["trade_name"], certificate["grade"], certificate["grade_label"], certificate["number"], certificate["issued_on"], certificate["issuer"]) == (
        "汽车驾驶与管理", 4, "中级工", "YZ000101", "2018-08-31", "云州市工考办",
    )  # fmt: skip
    assert source("careers")[0]["started"] == "2000-07"
    assert source("achievements") == []


def test_missing_data_and_differing_certificates_are_named(world):
    """S004-02, S004-11."""
    worker = world.workers["sang"]
    assert rules.missing_for_declaration(_bundle(worker)) == []
    assert rules.can_declare(_bundle(worker)).ok
    Worker.update(phone="", grade=3).where(Worker.id == worker.id).execute()
    WorkerCertificate.update(number="").where(WorkerCertificate.worker == worker).execute()
    assert rules.missing_for_declaration(_bundle(worker)) == [
        "移动电话",
        "中级工证书的证书号码",
        "技术等级（名册为高级工，证书最高为中级工，应当一致）",
    ]
    assert not rules.can_declare(_bundle(worker)).ok
    Worker.update(status="retired").where(Worker.id == worker.id).execute()
    assert rules.can_declare(_bundle(worker)).reason == "当前状态为“退休”，只有在职人员可以申报。"


# -- synthetic people --------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_people():
    assert list(make_people(50)) == list(make_people(50))
    assert list(make_people(50)) != list(make_people(50, seed=2))


def test_people_are_plausible():
    people: list[SyntheticPerson] = list(make_people(3000))
    numbers = [person.id_number for person in people]
    assert len(set(numbers)) == 3000
    assert all(calc_check_digit(number) == number[17] for number in numbers)
    assert {number[:6] for number in numbers} == {"990101", "990102", "990103", "320103", "320504", "321088"}
    names = {person.name for person in people}
    assert any("·" in name for name in names)
    assert {letter for letter in "䶮㛃𬭎𫖯𠅤𡋾" if any(letter in name for name in names)} == set("䶮㛃𬭎𫖯𠅤𡋾")
    for person in people:
        born = int(person.id_number[6:10])
        if person.columns["work_start"]:
            assert int(person.columns["work_start"][:4]) - born >= 18
        grades = [row["grade"] for row in person.certificates]
        years = [int(row["issued_on"][:4]) for row in person.certificates]
        assert grades == list(range(5, 5 - len(grades), -1)) and years == sorted(years)
        assert person.columns["grade"] == (grades[-1] if grades else 0)
        assert all(years) and all(year < 2024 for year in years)


def test_ranges_do_not_share_numbers():
    first = {person.id_number for person in make_people(2000)}
    assert not first & {person.id_number for person in make_people(2000, first=2000)}


def test_bulk_stored_people_are_complete(world):
    people = list(make_people(2500))
    assert bulk_store(people, [world.orgs["unit"].id, world.orgs["sibling"].id], now=NOW) == 2500
    stored = Worker.get(Worker.id_number == people[7].id_number)
    assert (stored.name, stored.unit_id, stored.sex) == (
        people[7].name,
        world.orgs["sibling"].id,
        "1" if int(people[7].id_number[16]) % 2 else "2",
    )
    assert stored.created_at == NOW and len(stored.public_id) == 16
    bundle = _bundle(stored)
    assert [(row.grade, row.number) for row in bundle.certificates] == [
        (row["grade"], row["number"]) for row in people[7].certificates
    ]
    assert {row.year: row.result for row in WorkerAppraisal.select().where(WorkerAppraisal.worker == stored)} == people[
        7
    ].appraisals
    again = operations.store_worker  # the same person through the ordinary door gives the same keys
    with db.write_transaction():
        keys = {row.key for row in WorkerNameKey.select().where(WorkerNameKey.worker == stored)}
        stored.delete_instance()
        worker = again(
            unit=world.orgs["unit"],
            name=people[7].name,
            id_number=people[7].id_number,
            now=NOW,
            certificates=people[7].certificates,
            **people[7].columns,
        )
    assert {row.key for row in WorkerNameKey.select().where(WorkerNameKey.worker == worker)} == keys
