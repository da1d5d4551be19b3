"""Ids and words of other units in bodies and queries: they find nothing, change nothing and tell nothing.

ASVS 8.2.2, 8.4.1: lists, search, counts, choices, several ids in one form.
"""

from __future__ import annotations

import re

import pytest

from gkportal.auth.models import RoleGrant, User
from gkportal.declarations.models import Application
from gkportal.orgs.models import Organization
from gkportal.review.models import ReviewTask
from gkportal.roster.models import Worker

#: Who sees how many people of the roster (base people of tests.world and five more in each unit).
ROSTER = {
    "clerk": 11, "unit_admin": 11, "sibling_clerk": 6, "foreign_clerk": 6, "city_clerk": 6, "department_reviewer": 17,
    "other_department_reviewer": 6, "city_department_reviewer": 6, "district_reviewer": 17, "other_district_reviewer": 6,
    "city_reviewer": 29, "round_admin": 29, "other_round_admin": 6,
}  # fmt: skip
#: Who sees how many cases: a unit its two, supervisors those submitted below.
CASES = {
    "clerk": 2, "sibling_clerk": 2, "foreign_clerk": 2, "department_reviewer": 2, "district_reviewer": 2,
    "other_department_reviewer": 1, "other_district_reviewer": 1, "city_department_reviewer": 1, "city_reviewer": 4,
}  # fmt: skip
#: Who has how many waiting tasks.
TASKS = {
    "department_reviewer": 2, "district_reviewer": 2, "other_department_reviewer": 1, "other_district_reviewer": 1,
    "city_department_reviewer": 1, "city_reviewer": 5, "round_admin": 5,
}  # fmt: skip


def _total(response) -> int:
    """共 n 条; an empty list says so in words instead."""
    text = response.get_data(as_text=True)
    found = re.search(r"共 (\d+)", text)
    assert found or "gk-empty" in text
    return int(found[1]) if found else 0


@pytest.mark.parametrize("name", ROSTER)
def test_the_roster_counts_only_what_is_visible(arena, name):
    assert _total(arena.client(name).get("/roster?status=all")) == ROSTER[name]


@pytest.mark.parametrize("name", CASES)
def test_my_cases_counts_only_what_is_visible(arena, name):
    page = arena.client(name).get("/cases")
    assert _total(page) == CASES[name]
    assert f'全部<span class="gk-n">{CASES[name]}</span>' in page.get_data(as_text=True)


@pytest.mark.parametrize("name", TASKS)
def test_the_inbox_counts_only_the_own_organisations_tasks(arena, name):
    page = arena.client(name).get("/review")
    assert _total(page) == TASKS[name]
    assert f'待办<span class="gk-n">{TASKS[name]}</span>' in page.get_data(as_text=True)


@pytest.mark.parametrize("name", ["clerk", "sibling_clerk", "district_reviewer"])
@pytest.mark.parametrize(
    "words", [{"name": "逄一鸣"}, {"name": "逄"}, {"name": "pym"}, {"id_number": "FULL"}, {"id_number": "LAST"}]
)
def test_searching_the_roster_never_finds_a_foreign_person(arena, name, words):
    """By name, pinyin initials, whole number and its last six."""
    target = Worker.get(Worker.name == "逄一鸣")
    numbers = {"FULL": target.id_number, "LAST": target.id_number[-6:]}
    form = {key: numbers.get(value, value) for key, value in words.items()}
    with arena.undone():
        client = arena.client(name)
        response = client.get(client.post("/roster", data={"status": "all"} | form).location)
        mine = arena.client("foreign_clerk")
        found = mine.get(mine.post("/roster", data={"status": "all"} | form).location)
    text = response.get_data(as_text=True)
    assert response.status_code == 200 and _total(response) == 0
    assert target.public_id not in text and "白石区" not in text
    assert _total(found) >= 1 and target.public_id in found.get_data(as_text=True)


def test_a_filter_by_a_foreign_office_or_unit_finds_nothing(arena):
    district = arena.client("district_reviewer")
    assert district.get("/roster?office=org-other-district").status_code == 422
    assert _total(district.get("/review?unit=org-foreign")) == 0
    assert "管若兰" not in district.get("/people?unit=org-foreign").get_data(as_text=True)
    assert "org-foreign" not in district.get("/review").get_data(as_text=True)


@pytest.mark.parametrize("digits", [16, 4])
def test_a_foreign_case_number_finds_nothing(arena, digits):
    number = arena.scene.of("case", "foreign").extra["number"][-digits:]
    own = arena.scene.of("case", "unit").extra["number"][-digits:]
    clerk = arena.client("clerk")
    assert _total(clerk.get(f"/cases?number={number}")) == 0
    assert _total(clerk.get(f"/cases?number={own}")) == 1


def test_the_hall_opens_a_visible_case_by_its_number_and_no_other(arena):
    own, foreign = arena.scene.of("case", "unit"), arena.scene.of("case", "foreign")
    clerk = arena.client("clerk")
    assert clerk.get(f"/?q={own.extra['number']}").location == f"/cases/{own.id}"
    missed = clerk.get(f"/?q={foreign.extra['number']}")
    assert missed.status_code == 200 and foreign.id not in missed.get_data(as_text=True)


def test_a_late_exception_is_for_cases_below_only(arena):
    number = arena.scene.of("case", "unit").extra["number"]
    found = arena.client("other_round_admin").post("/declarations/extensions", data={"number": number})
    assert found.status_code == 422
    assert "青溪区" not in found.get_data(as_text=True)
    assert "青溪区公路养护中心" in arena.client("round_admin").post(
        "/declarations/extensions", data={"number": number}
    ).get_data(as_text=True)


def test_deciding_many_touches_only_the_own_organisations_tasks(arena):
    """Every task there is, in one form: those of others stay as they are."""
    ids = [task.id for task in arena.scene.things["task"]]
    before = _decided()
    with arena.undone():
        data = {"tasks": [f"{key}:{_version(key)}" for key in ids], "decision": "pass", "opinion": "同意。"}
        assert arena.client("department_reviewer").post("/review/bulk/decide", data=data).status_code == 200
        after = _decided()
    department = arena.world.orgs["department"].id
    assert {org for key, org in after.items() if key not in before} == {department}
    assert len(after) == len(before) + TASKS["department_reviewer"]


def _decided() -> dict[str, int]:
    return {task.public_id: task.organization_id for task in ReviewTask.select().where(ReviewTask.state == "done")}


def _version(key: str) -> int:
    return ReviewTask.get(ReviewTask.public_id == key).version


@pytest.mark.parametrize("verb", ["remove", "approval-forms", "submit/confirm", "check"])
def test_ticking_applications_of_other_cases_changes_nothing(arena, verb):
    """The draft of the own case and every foreign application are ticked."""
    case = arena.scene.of("case", "unit", sent=True)
    mine = {
        row.public_id for row in Application.select().join(Organization).where(Organization.public_id == "org-unit")
    }
    ids = ",".join(one.id for one in arena.scene.things["application"])
    before = _states()
    with arena.undone():
        form = {"ids": ids, "pledge": "agree", "contact_name": "穆知秋", "contact_phone": "0000-1234567"}
        answer = arena.client("clerk").post(f"/declarations/case/{case.id}/{verb}", data=form)
        after = _states()
    assert answer.status_code in (200, 303, 422)
    changed = {key for key in before if before[key] != after.get(key)}
    assert changed <= mine
    assert (verb == "remove") == bool(changed)


def _states() -> dict[str, tuple]:
    rows = Application.select(Application.public_id, Application.state, Application.version, Application.updated_at)
    return {row[0]: row[1:] for row in rows.tuples()}


def test_a_foreign_person_cannot_be_picked(arena):
    """The picker's form with a worker id of another unit."""
    foreign = arena.world.workers["bao"]
    before = Application.select().count()
    with arena.undone():
        form = {"do": "add", "pick": foreign.public_id, "ask": foreign.public_id, f"grade.{foreign.public_id}": "4"}
        answer = arena.client("clerk").post("/declarations/level/picker", data=form)
        assert Application.select().count() == before
    assert answer.status_code in (404, 409, 422)
    assert "鲍福全" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("org", ["org-foreign", "org-sibling", "org-city", "nonsense"])
def test_nobody_works_in_an_organisation_without_a_role_there(arena, org):
    with arena.undone():
        answer = arena.client("clerk").post("/account/organization", data={"organization": org})
    assert answer.status_code in (403, 404)
    assert "青溪区公路养护中心" in arena.client("clerk").get("/organization").get_data(as_text=True)


@pytest.mark.parametrize(
    ("name", "org", "roles", "status"),
    [
        ("unit_admin", "org-foreign", ["clerk"], 404),
        ("unit_admin", "org-sibling", ["clerk"], 404),
        ("unit_admin", "org-department", ["reviewer"], 404),
        ("unit_admin", "org-unit", ["reviewer"], 422),
        ("unit_admin", "org-unit", ["security_admin"], 422),
        ("district_reviewer", "org-foreign", ["clerk"], 404),
        ("district_reviewer", "org-district", ["round_admin"], 422),
        ("district_reviewer", "org-unit", ["clerk"], 200),
    ],
)
def test_accounts_are_made_only_within_reach_and_power(arena, name, org, roles, status):
    before = User.select().count()
    with arena.undone():
        form = {
            "organization": org,
            "username": "some.person",
            "display_name": "某新人",
            "phone": "10000000055",
            "roles": roles,
        }
        answer = arena.client(name).post("/people/new", data=form)
        made = User.select().count() - before
    assert answer.status_code == status
    assert made == (1 if status == 200 else 0)


def test_a_role_is_taken_only_from_the_account_of_the_address(arena):
    """The grant of another account in the body."""
    other = RoleGrant.get(RoleGrant.user == arena.world.users["foreign_clerk"])
    with arena.undone():
        answer = arena.client("security_admin").post("/grants/user-clerk/revoke", data={"grant": other.public_id})
        assert RoleGrant.get_or_none(RoleGrant.id == other.id) is not None
    assert answer.status_code == 409


@pytest.mark.parametrize("parent", ["org-other-district", "org-other-department", "org-city"])
def test_an_organisation_is_put_only_below_the_own_office(arena, parent):
    before = Organization.select().count()
    with arena.undone():
        form = {
            "name": "青溪区新单位",
            "short_name": "新单位",
            "kind": "unit",
            "level": "district",
            "uscc": "",
            "parent": parent,
            "region_name": "青溪区",
        }
        answer = arena.client("district_reviewer").post("/organizations/new", data=form)
        moved = arena.client("district_reviewer").post("/organizations/org-unit", data=form | {"version": "1"})
        assert Organization.select().count() == before
        assert Organization.get(Organization.public_id == "org-unit").parent.public_id == "org-department"
    assert (answer.status_code, moved.status_code) == (422, 422)


def test_a_print_version_that_does_not_exist_is_told(arena):
    mine = arena.scene.of("application", "unit", sent=True)
    answer = arena.client("clerk").get(f"/applications/{mine.id}/approval-form.pdf?version=99")
    assert answer.status_code == 422 and "没有第 99 版审批表" in answer.get_data(as_text=True)


def test_supervisors_never_get_files_that_were_not_submitted(arena):
    """A file of the tray, a replaced version and a draft's file are 404 even for those who see the case."""
    for thing in arena.scene.things["material"]:
        if thing.org == "unit" and not thing.sent:
            for name in ("department_reviewer", "district_reviewer", "city_reviewer"):
                assert arena.client(name).get(f"/materials/{thing.id}/file").status_code == 404
