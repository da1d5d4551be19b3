"""单位办事大厅 and 工作台 through requests (S000-08…12, S000-15, S000-16)."""

from __future__ import annotations

import pytest
from flask import Flask

from gkportal import config, create_app
from gkportal.core import db
from gkportal.hall.models import Favourite
from tests.client import client_for
from tests.declarations import making
from tests.world import World


def text(client, path: str, **kwargs) -> str:
    return client.get(path, **kwargs).get_data(as_text=True)


def test_a_clerk_finds_items_by_category_with_their_actions(sign_in) -> None:
    page = text(sign_in("clerk"), "/")
    for title in (
        "工勤人员查询",
        "工勤人员技术等级岗位考核（等级工）",
        "工勤人员技师考评",
        "工勤人员高级技师考评",
        "我的办件",
    ):
        assert title in page
    assert '等级申报<span class="gk-n">3</span>' in page
    declaration = text(sign_in("clerk"), "/?category=declaration", htmx=True)
    assert "工勤人员技师考评" in declaration and "工勤人员查询" not in declaration
    assert "<html" not in declaration


@pytest.mark.parametrize(
    ("words", "found", "missing"),
    [
        ("工勤", ["工勤人员查询", "工勤人员技师考评"], ["账号设置"]),
        ("等级 破格", ["工勤人员技术等级岗位考核（等级工）"], ["工勤人员查询"]),
        ("密码", ["账号设置"], ["工勤人员查询"]),
    ],
)
def test_the_search_finds_items_by_words(sign_in, words, found, missing) -> None:
    shown = text(sign_in("clerk"), f"/?q={words}", htmx=True)
    assert all(f"<h3>{title}</h3>" in shown for title in found)
    assert not any(f"<h3>{title}</h3>" in shown for title in missing)


def test_a_search_without_result_says_what_to_do(sign_in) -> None:
    assert "没有找到与“火箭”有关的事项" in text(sign_in("clerk"), "/?q=火箭")


def test_a_case_number_leads_to_the_case_of_the_own_unit_only(app: Flask, world: World, sign_in) -> None:
    with app.test_request_context():
        case = making.add(world, "sang").case
    assert sign_in("clerk").get(f"/?q={case.number}").location == f"/cases/{case.public_id}"
    assert sign_in("sibling_clerk").get(f"/?q={case.number}").status_code == 200


def test_favourites_come_first_and_work_without_javascript(sign_in, world: World) -> None:
    client = sign_in("clerk")
    assert client.post("/favourites/technician").status_code == 303
    assert Favourite.select().where(Favourite.user == world.users["clerk"]).count() == 1
    page = text(client, "/")
    assert page.index("<h3>工勤人员技师考评</h3>") < page.index("<h3>工勤人员查询</h3>")
    assert '我的收藏<span class="gk-n">1</span>' in page
    assert 'aria-pressed="true" aria-label="收藏工勤人员技师考评"' in page
    client.post("/favourites/technician", htmx=True)
    assert Favourite.select().count() == 0
    assert client.post("/favourites/nonsense").status_code == 404


def test_what_waits_for_a_clerk(app: Flask, world: World, sign_in) -> None:
    client = sign_in("clerk")
    assert "没有等您办理的事项" in text(client, "/")
    with app.test_request_context():
        making.add(world, "sang")
        making.add(world, "gu", grade=4)
    page = text(client, "/")
    assert "技术等级岗位考核（等级工）　2 人" in page and "截止还剩 5 天" in page and "继续办理" in page


def test_what_waits_for_a_reviewer(app: Flask, world: World, sign_in) -> None:
    with app.test_request_context():
        making.submit(making.complete(making.add(world, "sang"), world.actor("clerk")), world.actor("clerk"))
    page = text(sign_in("department_reviewer"), "/")
    assert "主管部门审核　工勤人员技术等级岗位考核（等级工）　1 人" in page and "去审核" in page and "工作台" in page
    assert "没有等您办理的事项" in text(sign_in("district_reviewer"), "/")


def test_windows_show_days_left_and_notices_stand_beside(sign_in) -> None:
    admin = sign_in("round_admin")
    admin.post("/notices/new", data={"title": "申报须知", "body": "先核对名册。", "pinned": "y"})
    page = text(sign_in("clerk"), "/")
    assert '还剩 <span class="gk-days">5</span> 天' in page and "4月15日（星期一）23:59 截止" in page
    assert "申报须知" in page and "置顶" in page


def test_the_three_administrators_are_led_to_their_own_pages(sign_in) -> None:
    assert sign_in("system_admin").get("/").location == "/system"
    assert sign_in("security_admin").get("/").location == "/grants"
    assert sign_in("audit_admin").get("/").location == "/audit"


def test_a_test_environment_is_marked(app: Flask, world: World) -> None:
    settings = config.Settings(
        instance_dir=app.config["GK"].instance_dir, secret_key="test-key-of-no-value-0123456789", banner="测试环境"
    )
    other = create_app(settings)
    db.connect()
    assert "测试环境" in client_for(other, world.users["clerk"]).get("/").get_data(as_text=True)


def test_queries_do_not_grow_with_cases(app: Flask, world: World, sign_in, caplog) -> None:
    import logging

    client = sign_in("clerk")
    counts = []
    for worker, grade in (("sang", 3), ("gu", 4)):
        with app.test_request_context():
            making.add(world, worker, grade=grade)
        caplog.clear()
        with caplog.at_level(logging.DEBUG, logger="peewee"):
            client.get("/")
        counts.append(len(caplog.records))
    assert counts[0] == counts[1]
