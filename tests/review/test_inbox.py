"""待办 and 已办: scope, filters, order, places, constant queries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gkportal.core import clock
from gkportal.review import inbox, operations
from gkportal.review.inbox import InboxFilters
from gkportal.review.models import ReviewTask
from tests.review.notes import submit

pytestmark = pytest.mark.usefixtures("notes")


def test_only_reviewers_open_it(sign_in, visitor):
    assert visitor.get("/review").status_code == 303
    assert sign_in("department_reviewer").get("/review").status_code == 200
    for who in ("clerk", "unit_admin", "system_admin", "security_admin", "audit_admin"):
        assert sign_in(who).get("/review").status_code == 403


def test_each_organisation_sees_its_own_tasks(world, sign_in):
    submit(world, "桑春生")
    submit(world, "鲍福全", actor="foreign_clerk", unit="foreign", step=1)
    page = sign_in("department_reviewer").get("/review").text
    assert "桑春生" in page and "鲍福全" not in page
    assert "鲍福全" in sign_in("district_reviewer").get("/review").text
    assert "没有等待审核的申报" in sign_in("other_department_reviewer").get("/review").text


def test_oldest_first_with_days_waiting(world, sign_in):
    submit(world, "柏长河", now=clock.now() - timedelta(days=6))
    submit(world, "古秀兰", now=clock.now() - timedelta(hours=1))
    page = sign_in("department_reviewer").get("/review").text
    assert page.index("柏长河") < page.index("古秀兰")
    assert "6 天" in page and "今天" in page


def test_filters_and_labels(world, sign_in):
    submit(world, "柏长河")
    client = sign_in("department_reviewer")
    page = client.get("/review?grade=3&mode=normal&kind=level").text
    assert "柏长河" in page and "高级工" in page and "公路养护" in page
    for query in ("grade=2", "mode=transfer", "kind=technician", "trade=x", "unit=org-sibling", "arrived_from=2024-04-11",
                  "arrived_to=2024-04-09", "grade=abc"):  # fmt: skip
        assert "没有符合条件的待办" in client.get(f"/review?{query}").text, query
    assert "柏长河" in client.get("/review?unit=org-unit&arrived_from=2024-04-10&arrived_to=2024-04-10").text


def test_name_is_posted_and_never_in_an_address(world, sign_in):
    submit(world, "柏长河")
    submit(world, "古秀兰")
    client = sign_in("department_reviewer")
    for name in ("柏长河", "长河", "bch", "BC", "baichang", "bo chang"):
        answer = client.post("/review/filter", data={"name": name})
        assert answer.status_code == 303 and answer.location == "/review?named=1"
        page = client.get(answer.location).text
        assert "柏长河" in page and "古秀兰" not in page, name
    assert "古秀兰" in client.get("/review").text
    answer = client.post("/review/filter", data={"name": "柏", "grade": "3"}, htmx=True)
    assert answer.headers["HX-Push-Url"] == "/review?grade=3&named=1" and "古秀兰" not in answer.text


def test_done_tab_keeps_who_decided_what(world, sign_in):
    task = submit(world, "柏长河")
    operations.decide(
        actor=world.actor("department_reviewer"),
        now=clock.now(),
        task=task,
        version=1,
        decision="reject",
        opinion="年限不足",
    )
    page = sign_in("department_reviewer").get("/review?tab=done").text
    assert "柏长河" in page and "审核不通过" in page and "年限不足" in page and "费明远" in page
    assert "没有等待审核的申报" in sign_in("department_reviewer").get("/review").text


@pytest.mark.parametrize("rows", [1, 30])
def test_a_page_costs_the_same_number_of_queries(world, sign_in, count_queries, rows):
    for number in range(rows):
        submit(world, f"桑春{number}")
    client = sign_in("department_reviewer")
    client.get("/review?per_page=50")
    with count_queries() as seen:
        page = client.get("/review?per_page=50").text
    assert page.count('name="ids" value="') == rows
    assert len(seen) == INBOX_QUERIES, "\n".join(seen)


INBOX_QUERIES = 10


def test_place_and_next_follow_the_filter(world):
    tasks = [submit(world, name) for name in ("桑春生", "柏长河", "古秀兰")]
    actor = world.actor("department_reviewer")
    here = inbox.place(actor, tasks[1], InboxFilters())
    assert (here.number, here.total, here.before[1], here.after[1]) == (2, 3, "桑春生", "古秀兰")
    assert inbox.next_after(actor, tasks[2], InboxFilters()) == tasks[0].public_id
    only = InboxFilters(name="柏")
    assert inbox.place(actor, tasks[1], only).total == 1
    assert inbox.next_after(actor, tasks[1], only) is None


def test_paging(world, sign_in):
    for number in range(12):
        submit(world, f"桑春{number:02d}")
    client = sign_in("department_reviewer")
    assert "桑春11" not in client.get("/review").text
    assert "桑春11" in client.get("/review?page=2").text
    assert ReviewTask.select().count() == 12
