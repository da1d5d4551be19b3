"""The two panes over HTTP, with and without scripts."""

from __future__ import annotations

import re

import pytest

from gkportal.auth.models import RoleGrant
from gkportal.core import clock
from gkportal.review import operations, queries
from gkportal.review.models import ItemVerdict, ReviewTask
from tests.review.notes import Note, resubmit, submit

pytestmark = pytest.mark.usefixtures("notes")


def _url(task, tail=""):
    return f"/review/{task.public_id}{tail}"


def test_page_shows_item_comparison_eligibility_and_place(world, sign_in):
    task = submit(world, "柏长河")
    submit(world, "古秀兰")
    page = sign_in("department_reviewer").get(_url(task, "?item=material:7")).text
    for text in ("柏长河", "申报高级工", "正常申报", "待主管部门审核", "第 1 / 2 件", "下一件　古秀兰", "2020年10月20日", "不一致",
                 "附件 3 第 7 项", "取得中级工时间", "2024 年通知第二条", "已审 <strong>0 / 3</strong>", "办完打开下一件",
                 "材料齐全，信息一致，符合申报条件，同意上报。", "/static/img/mark.svg?page=2"):  # fmt: skip
        assert text in page, text


def test_other_peoples_tasks_are_404_and_clerks_are_refused(world, sign_in):
    task = submit(world)
    for who in ("district_reviewer", "other_department_reviewer", "city_reviewer"):
        assert sign_in(who).get(_url(task)).status_code == 404
        assert sign_in(who).post(_url(task, "/decide"), data={"decision": "pass", "version": 1}).status_code == 404
        assert sign_in(who).post(_url(task, "/items"), data={"item": "form", "verdict": "ok"}).status_code == 404
    for who in ("clerk", "unit_admin"):
        assert sign_in(who).get(_url(task)).status_code == 403
        assert sign_in(who).post(_url(task, "/decide"), data={"decision": "pass", "version": 1}).status_code == 403
    assert ReviewTask.get_by_id(task.id).state == "waiting"


def test_verdict_by_htmx_updates_strip_and_buttons(world, sign_in):
    task = submit(world)
    answer = sign_in("department_reviewer").post(
        _url(task, "/items"), data={"item": "material:7", "verdict": "fix", "remark": "缺页"}, htmx=True
    )
    assert answer.status_code == 200 and "已保存 09:30:00" in answer.text
    assert 'id="mats"' in answer.text and 'id="decide-actions" hx-swap-oob="true"' in answer.text
    assert "有 1 项需修改，不能直接通过" in answer.text
    assert re.search(r'value="pass"[^>]*disabled', answer.text)
    assert "用人单位（只开放 7）" in answer.text


def test_verdict_as_a_plain_form(world, sign_in):
    task = submit(world)
    client = sign_in("department_reviewer")
    answer = client.post(_url(task, "/items"), data={"item": "form", "verdict": "ok"})
    assert (answer.status_code, answer.location) == (303, f"/review/{task.public_id}?item=form")
    answer = client.post(
        _url(task, "/items"), data={"item": "material:7", "verdict": "fix", "remark": "", "opinion": "别丢了"}
    )
    assert answer.status_code == 422
    assert "请写明需要怎样修改" in answer.text and "别丢了" in answer.text
    assert ItemVerdict.select().count() == 1


def test_a_remark_without_a_verdict_counts_as_fix(world, sign_in):
    task = submit(world)
    sign_in("department_reviewer").post(
        _url(task, "/items"), data={"item": "material:7", "remark": "缺核对章"}, htmx=True
    )
    assert queries.fix_verdicts(task) == {"material:7": "缺核对章"}


def test_pass_opens_the_next_task_of_the_filter(world, sign_in):
    first, second = submit(world, "柏长河"), submit(world, "古秀兰")
    client = sign_in("department_reviewer")
    answer = client.post(_url(first, "/decide?grade=3"), data={"decision": "pass", "version": 1, "open_next": "1"})
    assert (answer.status_code, answer.location) == (303, f"/review/{second.public_id}?grade=3")
    assert "柏长河　审核通过，已记录。" in client.get(answer.location).text
    answer = client.post(_url(second, "/decide"), data={"decision": "pass", "version": 1, "open_next": "1"})
    assert answer.location == "/review"
    assert "这一批待办已全部办完" in client.get("/review").text


def test_double_click_gets_the_same_answer(world, sign_in):
    first, second = submit(world, "柏长河"), submit(world, "古秀兰")
    client = sign_in("department_reviewer")
    data = {"decision": "pass", "version": 1, "open_next": "1"}
    answers = [client.post(_url(first, "/decide"), data=data) for _ in range(2)]
    assert [(a.status_code, a.location) for a in answers] == [(303, f"/review/{second.public_id}")] * 2
    without = [client.post(_url(second, "/decide"), data={"decision": "pass", "version": 1}) for _ in range(2)]
    assert {a.location for a in without} == {f"/review/{second.public_id}"}
    assert "您" not in client.get(without[0].location).text.split("<main")[0]
    assert "费明远 已于 2024-04-10 09:30 作出决定：审核通过" in client.get(without[0].location).text


def test_reject_asks_first_and_keeps_the_text(world, sign_in):
    task = submit(world)
    client = sign_in("department_reviewer")
    answer = client.post(_url(task, "/decide"), data={"decision": "reject", "version": 1, "opinion": "年限不足"})
    assert answer.status_code == 200 and "确认审核不通过" in answer.text and "年限不足" in answer.text
    assert ReviewTask.get_by_id(task.id).state == "waiting"
    modal = client.post(_url(task, "/decide"), data={"decision": "reject", "version": 1}, htmx=True)
    assert modal.status_code == 200 and "modal-title" in modal.text
    refused = client.post(
        _url(task, "/decide"), data={"decision": "reject", "version": 1, "confirmed": "1", "opinion": ""}
    )
    assert refused.status_code == 422 and "必须填写办理意见" in refused.text
    client.post(
        _url(task, "/decide"), data={"decision": "reject", "version": 1, "confirmed": "1", "opinion": "年限不足"}
    )
    assert ReviewTask.get_by_id(task.id).decision == "reject"


def test_late_decision_is_409_and_says_who(world, sign_in):
    task = submit(world, step=1)
    late = sign_in("district_reviewer2")
    late.get(_url(task))
    operations.decide(
        actor=world.actor("district_reviewer"),
        now=clock.now(),
        task=task,
        version=1,
        decision="return",
        opinion="缺考核表",
    )
    answer = late.post(_url(task, "/decide"), data={"decision": "pass", "version": 1, "opinion": "同意"})
    assert answer.status_code == 409
    for text in ("您刚才的决定没有生效", "祝长青 已于 2024-04-10 09:30 作出决定：退回修改", "缺考核表", "同意"):
        assert text in answer.text, text
    fragment = late.post(_url(task, "/items"), data={"item": "form", "verdict": "ok"}, htmx=True)
    assert fragment.status_code == 409 and fragment.headers["HX-Retarget"] == "#messages" and "祝长青" in fragment.text
    page = late.get(_url(task)).text
    assert "祝长青 已于 2024-04-10 09:30 作出决定：退回修改" in page and 'name="decision"' not in page


def test_withdrawn_task_says_so(world, sign_in):
    task = submit(world)
    operations.cancel_tasks(subject=("note", task.subject_id), now=clock.now())
    client = sign_in("department_reviewer")
    assert "撤回，不再需要审核" in client.get(_url(task)).text
    assert client.post(_url(task, "/decide"), data={"decision": "pass", "version": 1}).status_code == 409


def test_stale_version_is_409(world, sign_in):
    task = submit(world, step=1)
    operations.set_item_verdict(
        actor=world.actor("district_reviewer2"), now=clock.now(), task=task, item_key="form", verdict="ok", remark=""
    )
    client = sign_in("district_reviewer")
    assert client.post(_url(task, "/decide"), data={"decision": "pass", "version": "1"}).status_code == 409
    assert client.post(_url(task, "/decide"), data={"decision": "pass", "version": "x"}).status_code == 409
    assert client.post(_url(task, "/decide"), data={"decision": "pass", "version": "2"}).status_code == 303


def test_refused_decision_keeps_what_was_typed(world, sign_in):
    task = submit(world)
    answer = sign_in("department_reviewer").post(
        _url(task, "/decide"),
        data={
            "decision": "pass",
            "version": 1,
            "item": "material:7",
            "verdict": "fix",
            "remark": "缺章",
            "opinion": "整体可以",
        },
    )
    assert answer.status_code == 422
    assert "缺章" in answer.text and "整体可以" in answer.text and "有 1 项需修改" in answer.text


def test_nonsense_is_never_a_500(world, sign_in):
    task = submit(world)
    client = sign_in("department_reviewer")
    for data in ({}, {"decision": "burn"}, {"decision": "return", "return_to": "moon", "opinion": "x", "version": 1},
                 {"decision": "pass", "version": "9" * 30}):  # fmt: skip
        assert client.post(_url(task, "/decide"), data=data).status_code in (409, 422), data
    assert client.post(_url(task, "/items"), data={"item": "nope", "verdict": "ok"}).status_code == 404
    assert client.post(_url(task, "/items"), data={"item": "form", "verdict": "maybe"}).status_code == 422
    assert client.get(_url(task, "?item=nope&file=99&page=99999")).status_code == 200
    assert client.get("/review/nothing").status_code == 404


def test_resubmission_shows_changes_and_earlier_remarks(world, sign_in):
    task = submit(world)
    actor = world.actor("department_reviewer")
    operations.decide(
        actor=actor,
        now=clock.now(),
        task=task,
        version=1,
        decision="return",
        item=("material:7", "fix", "缺 2022 年度"),
    )
    again = resubmit(Note.get_by_id(task.subject_id), clock.now())
    page = sign_in("department_reviewer").get(_url(again, "?item=material:7")).text
    for text in (
        "第 2 次提交",
        "与上次提交相比有 1 处改动",
        "旧文件.pdf",
        "新文件.pdf",
        "本次有改动",
        "这一项以前的意见",
        "缺 2022 年度",
    ):
        assert text in page, text


def test_role_taken_away_while_the_page_is_open(world, sign_in):
    task = submit(world)
    client = sign_in("department_reviewer")
    assert client.get(_url(task)).status_code == 200
    RoleGrant.delete().where(
        (RoleGrant.user == world.users["department_reviewer"]) & (RoleGrant.role == "reviewer")
    ).execute()
    answer = client.post(_url(task, "/decide"), data={"decision": "pass", "version": 1})
    assert answer.status_code == 403 and "没有使用这项功能的权限" in answer.text
    assert ReviewTask.get_by_id(task.id).state == "waiting"


def test_own_declaration_is_read_only(world, sign_in):
    task = submit(world, actor="department_reviewer")
    client = sign_in("department_reviewer")
    page = client.get(_url(task)).text
    assert "按避嫌要求" in page and 'name="decision"' not in page
    assert client.post(_url(task, "/decide"), data={"decision": "pass", "version": 1}).status_code == 403


@pytest.mark.parametrize("others", [0, 20])
def test_page_costs_the_same_whatever_waits(world, sign_in, count_queries, others):
    task = submit(world)
    for number in range(others):
        submit(world, f"柏{number}")
    client = sign_in("department_reviewer")
    client.get(_url(task))
    with count_queries() as seen:
        client.get(_url(task, "?item=form"))
    assert len(seen) == TASK_QUERIES, "\n".join(seen)


TASK_QUERIES = 15
