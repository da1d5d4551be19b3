"""添加申报人员 (S000-71, S000-72, S000-100, S000-101, S000-105, S001-39, S002-01…08)."""

from __future__ import annotations

import threading

from gkportal.core import db
from gkportal.declarations.models import Application
from gkportal.roster.models import Worker
from tests.client import client_for
from tests.declarations.conftest import add, application_of, text_of

PICKER = "/declarations/level/picker"


def text(response) -> str:
    return text_of(response.get_data(as_text=True))


def test_everybody_of_the_unit_is_judged(clerk):
    shown = text(clerk.get(PICKER))
    assert "本单位在职 6 人，按 2024 年度条件逐人判断" in shown
    assert "古秀兰 990101********1036 普通高中 行政事务 初级工" in shown
    assert "2012年参加工作、2019年取得初级工，均达到年限" in shown
    assert "陶远航" not in shown and "鲍福全" not in shown


def test_somebody_for_another_item_is_led_there(clerk):
    page = clerk.get(PICKER).get_data(as_text=True)
    assert "现为高级工，请走技师考评" in page and 'href="/declarations/technician"' in page
    assert "现为技师，请走高级技师考评" in page and 'href="/declarations/senior_technician"' in page
    shown = text(clerk.get("/declarations/technician/picker"))
    assert "卫永年 990101********1048 中等专科 机械操作 高级工 技师 正常申报 破格申报 " in shown
    assert "现为中级工，请走技术等级岗位考核（等级工）" in shown


def test_the_lines_open_in_place(clerk):
    shown = text(clerk.post(PICKER, data={"show": "worker-gu"}, htmx=True))
    for word in ("要求", "名册中的情况", "判断", "首次满足", "依据", "2015年（含）以前", "2012年03月", "满足"):
        assert word in shown, word
    closed = text(clerk.post(PICKER, data={"opened": "worker-gu", "hide": "worker-gu"}, htmx=True))
    assert "首次满足" not in closed


def test_filters_narrow_the_list(clerk):
    cases = (
        ({"name": "gxl"}, ["古秀兰"]), ({"name": "秀兰"}, ["古秀兰"]), ({"id_number": "061036"}, []),
        ({"id_number": "091036"}, ["古秀兰"]), ({"held": "0"}, ["路𬀩"]), ({"outcome": "elsewhere"}, ["卫永年", "曾雨欣"]),
        ({"apply_grade": "5"}, ["路𬀩"]), ({"apply_grade": "4"}, ["古秀兰"]),
    )  # fmt: skip
    names = ("桑春生", "柏长河", "古秀兰", "卫永年", "路𬀩", "曾雨欣")
    for filters, wanted in cases:
        shown = text(clerk.post(PICKER, data={"do": "search", **filters}, htmx=True))
        assert [name for name in names if f"{name} 990101" in shown] == wanted, filters


def test_a_wrong_number_is_answered_at_the_field(clerk):
    shown = text(clerk.post(PICKER, data={"id_number": "12345"}, htmx=True))
    assert "公民身份号码现为 5 位，请填完整的 18 位，或最后 6 位。" in shown


def test_several_people_with_different_modes_grades_and_flags(clerk, world):
    response = add(clerk, "sang", "bai", "gu", mode_bai="exception", flag_gu="early")
    assert response.status_code == 303
    found = {row.worker_name: (row.grade, row.mode, row.flag, row.state) for row in Application.select()}
    assert found == {
        "桑春生": (3, "normal", "", "draft"),
        "柏长河": (3, "exception", "", "draft"),
        "古秀兰": (4, "normal", "early", "draft"),
    }
    cases = {row.case.number for row in Application.select()}
    assert cases == {"2024041000000001"}


def test_the_selection_survives_paging_and_filters(clerk, colleagues):
    colleagues(12)
    first = clerk.post(PICKER, data={"pick": ["worker-gu"], "mode.worker-gu": "exception", "page": "2"}, htmx=True)
    page = first.get_data(as_text=True)
    assert "已选 <strong>1</strong> 人" in page and "古秀兰 990101" not in text_of(page)
    assert 'name="pick" value="worker-gu"' in page and 'name="mode.worker-gu" value="exception"' in page
    again = clerk.post(
        PICKER,
        data={"pick": ["worker-gu", "worker-extra-300"], "mode.worker-gu": "exception", "name": "路", "do": "search"},
    ).get_data(as_text=True)
    assert "已选 <strong>2</strong> 人" in again
    dropped = clerk.post(PICKER, data={"pick": ["worker-gu", "worker-extra-300"], "drop": "worker-gu"}).get_data(
        as_text=True
    )
    assert "已选 <strong>1</strong> 人" in dropped


def test_page_sizes_are_10_20_50(clerk, colleagues):
    colleagues(30)
    for size, rows in ((10, 10), (20, 20), (50, 36), (100, 10)):
        page = clerk.post(PICKER, data={"per_page": str(size)}, htmx=True).get_data(as_text=True)
        assert page.count('<th scope="row"') == rows, size


def test_somebody_not_eligible_needs_a_reason(clerk, world):
    closed = clerk.post(PICKER, data={"grade.worker-gu": "3"}, htmx=True).get_data(as_text=True)
    assert "不符合" in closed and "未取得中级工" in closed
    opened = clerk.post(PICKER, data={"grade.worker-gu": "3", "show": "worker-gu"}, htmx=True).get_data(as_text=True)
    assert "仍要添加，写明理由" in opened
    refused = add(clerk, "gu", grade_gu="3", reason_gu="")
    assert refused.status_code == 422
    assert "古秀兰不符合条件，仍要添加的请写明理由（不少于 5 个字）。" in refused.get_data(as_text=True)
    assert Application.select().count() == 0
    assert add(clerk, "gu", grade_gu="3", reason_gu="外省已取得中级工，证书正在转入").status_code == 303
    row = application_of(world, "gu")
    assert (row.override_reason, row.override_by_name) == ("外省已取得中级工，证书正在转入", "穆知秋")
    assert row.eligibility["outcome"] == "not_met"


def test_a_reason_opens_no_door_to_another_item(clerk):
    response = add(clerk, "wei", reason_wei="想直接申报技师以外的等级")
    assert response.status_code == 409
    assert "卫永年没有添加：现为高级工，请走技师考评" in response.get_data(as_text=True)
    assert Application.select().count() == 0


def test_somebody_already_declared_is_shown_with_the_reason(clerk):
    add(clerk, "sang")
    shown = text(clerk.get(PICKER))
    assert "已申报 已在办件 2024041000000001 中申报" in shown
    again = add(clerk, "sang", "bai")
    assert again.status_code == 409
    assert "已添加 1 人。桑春生没有添加：已在办件 2024041000000001 中申报" in again.get_data(as_text=True)
    assert Application.select().count() == 2


def test_two_clerks_add_the_same_person_at_once_one_wins(app, world, clerk):
    users = [world.users["clerk"], world.users["clerk2"]]
    clients = [client_for(app, user) for user in users]
    barrier, answers = threading.Barrier(2), []

    def press(client) -> None:
        db.connect()
        barrier.wait()
        answers.append(add(client, "sang"))

    threads = [threading.Thread(target=press, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    loser = next(answer for answer in answers if answer.status_code == 409).get_data(as_text=True)
    assert "桑春生没有添加：已在办件 2024041000000001 中申报" in loser
    assert Application.select().count() == 1
    from gkportal.review.models import Case

    assert Case.select().count() == 1


def test_the_index_keeps_a_second_live_application_out(clerk, world):
    from peewee import IntegrityError

    add(clerk, "sang")
    row = application_of(world, "sang")
    values = dict(row.__data__, id=None, public_id="another")
    try:
        with db.write_transaction():
            Application.insert(**values).execute()
    except IntegrityError as error:
        assert "UNIQUE" in str(error)
    else:
        raise AssertionError("a second live application was stored")


def test_another_units_worker_cannot_be_added(clerk):
    response = clerk.post(PICKER, data={"do": "add", "pick": ["worker-tao", "worker-bao"]})
    assert response.status_code == 422 and "还没有选择人员" in response.get_data(as_text=True)
    assert Application.select().count() == 0


def test_nobody_ticked_is_said(clerk):
    response = clerk.post(PICKER, data={"do": "add"}, htmx=True)
    assert response.status_code == 422
    assert "还没有选择人员，请先勾选要添加的人员。" in response.get_data(as_text=True)


def test_htmx_closes_the_dialog_and_tells_the_list(clerk):
    response = clerk.post(PICKER, data={"do": "add", "pick": "worker-sang"}, htmx=True)
    assert response.status_code == 204 and "applicants-changed" in response.headers["HX-Trigger"]


def test_after_the_deadline_nobody_is_added(app, world):
    from datetime import UTC, datetime

    from gkportal.core import clock

    with clock.freeze(datetime(2024, 4, 15, 16, 0, tzinfo=UTC)):
        clerk = client_for(app, world.users["clerk"])
        response = clerk.post(PICKER, data={"do": "add", "pick": "worker-sang"})
        assert response.status_code == 403
        assert "申报已于 2024-04-15 23:59 截止" in response.get_data(as_text=True)
    assert Application.select().count() == 0


def test_a_person_without_a_trade_of_the_catalogue_must_get_one(clerk, world):
    with db.write_transaction():
        Worker.update(trade_code="").where(Worker.id == world.workers["sang"].id).execute()
    refused = add(clerk, "sang", reason_sang="工种待核对，先行添加")
    assert refused.status_code == 422
    assert "桑春生：名册中的工种不在工种目录中，请选择申报工种。" in refused.get_data(as_text=True)


def test_the_roster_fills_the_form(clerk, world):
    add(clerk, "sang")
    form = application_of(world, "sang").form
    assert form["phone"] == "10000000101" and form["trade_start"] == "2000-07" and form["hired_on"] == "2000-07"
    certificate = {key: value for key, value in form["certificates"][0].items() if key != "id"}
    assert certificate == {
        "trade": "汽车驾驶与管理",
        "grade": "4",
        "number": "YZ000101",
        "issued_on": "2018-08-31",
        "issuer": "云州市工考办",
    }
    career = {key: value for key, value in form["career"][0].items() if key != "id"}
    assert career == {"start": "2000-07", "end": "", "unit_post": "青溪区公路养护中心汽车驾驶与管理岗位"}


def test_picker_costs_the_same_queries_for_six_and_for_thirty_six(clerk, count_queries, colleagues):
    clerk.get(PICKER)
    with count_queries() as few:
        clerk.post(PICKER, data={"per_page": "50"}, htmx=True)
    colleagues(30)
    with count_queries() as many:
        page = clerk.post(PICKER, data={"per_page": "50"}, htmx=True).get_data(as_text=True)
    assert page.count('<th scope="row"') == 36
    assert len(many) == len(few), (len(few), len(many))
