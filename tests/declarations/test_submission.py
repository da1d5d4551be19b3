"""Submission, 承诺书, contact, deadlines, withdrawal and the whole way through review (S000-86…98, S002-112…115)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from gkportal.audit import AuditEvent
from gkportal.core import clock
from gkportal.core.db import connect, database
from gkportal.core.errors import GkError
from gkportal.declarations import queries, submission
from gkportal.declarations.models import Application
from gkportal.review import operations as review
from gkportal.review.models import Case, ReviewTask
from tests.declarations import making
from tests.world import NOW, World

CLOSES = datetime(2024, 4, 15, 15, 59, 59, tzinfo=UTC)
AGREED = {"pledge": "agree", "contact_name": "穆知秋", "contact_phone": "0519-85681234"}


@pytest.fixture
def ready(app: Flask, world: World) -> Application:
    """桑春生, complete and ready to submit."""
    with app.test_request_context():
        return making.complete(making.add(world, "sang"), world.actor("clerk"))


def confirm(client, application, **changes):
    data = {**AGREED, "ids": application.public_id, **changes}
    return client.post(f"/declarations/case/{application.case.public_id}/submit/confirm", data=data)


def stored(application) -> Application:
    return Application.get(Application.id == application.id)


def waiting(application) -> ReviewTask:
    return ReviewTask.get((ReviewTask.subject_id == application.id) & (ReviewTask.state == "waiting"))


def decide(world: World, application, who: str, decision: str, opinion: str = "", fix: str = "", now=NOW):
    task = waiting(application)
    actor = world.actor(who)
    if fix:
        review.set_item_verdict(
            actor=actor, now=now, task=task, item_key=fix, verdict="fix", remark="缺 2022 年度，请补齐"
        )
        task = ReviewTask.get_by_id(task.id)
    return review.decide(actor=actor, now=now, task=task, version=task.version, decision=decision, opinion=opinion)


def test_the_page_shows_people_pledge_and_contact(ready, sign_in) -> None:
    page = (
        sign_in("clerk")
        .get(f"/declarations/case/{ready.case.public_id}/submit?ids={ready.public_id}")
        .get_data(as_text=True)
    )
    assert "桑春生" in page and "7 / 7" in page and "已打印第 1 版" in page
    assert "承诺" in page and "确认提交 1 人" in page and 'value="穆知秋"' in page
    assert page.count("<li>") >= 6


def test_submitting_gives_number_next_step_and_a_task_for_the_department(ready, world, sign_in) -> None:
    client = sign_in("clerk")
    answer = confirm(client, ready)
    assert answer.status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    case = Case.get_by_id(ready.case_id)
    assert case.number in page and case.number.startswith("20240410") and len(case.number) == 16
    assert "由 <strong>青溪区交通运输局</strong> 进行主管部门审核" in page
    assert "青溪区工考办" in page and "云州市工考办" in page and "打印回执" in page
    task = waiting(ready)
    assert (task.organization_id, task.step_label) == (world.orgs["department"].id, "主管部门审核")
    assert (case.state, case.holder_label, case.contact_phone) == ("in_review", "待主管部门审核", "0519-85681234")
    assert case.pledge_agreed is True and case.pledge_by_name == "穆知秋"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pledge": ""}, "请阅读承诺书，并选择“同意”或“不同意”。"),
        ({"pledge": "disagree"}, "您选择了“不同意”，已记录，本次没有提交。"),
        ({"contact_name": " "}, "请填写经办人姓名。"),
        ({"contact_phone": ""}, "请填写联系电话，以便审核单位联系。"),
        ({"contact_phone": "找小王"}, "不像电话号码"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(ready, sign_in, changes, sentence) -> None:
    answer = confirm(sign_in("clerk"), ready, **changes)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and sentence in text
    if "contact_phone" not in changes:
        assert 'value="0519-85681234"' in text
    assert stored(ready).state == "draft"


def test_declining_the_pledge_is_recorded(ready, sign_in) -> None:
    confirm(sign_in("clerk"), ready, pledge="disagree")
    assert AuditEvent.select().where(AuditEvent.verb == "case.pledge_declined").count() == 1


def test_nobody_is_submitted_when_one_is_not_ready(app, ready, world, sign_in) -> None:
    with app.test_request_context():
        other = making.add(world, "bai", mode="exception", reason="破格材料正在补充，先行添加。")
    answer = confirm(sign_in("clerk"), ready, ids=f"{ready.public_id},{other.public_id}")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "有 1 人还不能提交：柏长河" in text and "材料 2 身份证：未交" in text
    assert {stored(ready).state, stored(other).state} == {"draft"}
    assert ReviewTask.select().count() == 0


def test_a_change_after_printing_blocks_the_stale_form(app, ready, world, sign_in) -> None:
    with app.test_request_context():
        making.fill(ready, world.actor("clerk"), phone="10000000077")
    answer = confirm(sign_in("clerk"), ready)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "审批表：打印后内容有改动，请重新打印" in text
    assert stored(ready).state == "draft"


def test_double_click_submits_once(ready, sign_in) -> None:
    client = sign_in("clerk")
    assert [confirm(client, ready).status_code for _ in range(2)] == [303, 303]
    assert ReviewTask.select().count() == 1
    assert AuditEvent.select().where(AuditEvent.verb == "application.submitted").count() == 1


def test_two_clerks_at_once_submit_once(app, ready, world) -> None:
    outcomes: list[str] = []

    def go(name: str) -> None:
        connect()
        with app.test_request_context():
            try:
                making.submit(ready, world.actor(name))
                outcomes.append("ok")
            except GkError as error:
                outcomes.append(error.message)
            finally:
                database.close()

    threads = [threading.Thread(target=go, args=(name,)) for name in ("clerk", "clerk2") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "ok" in outcomes
    assert ReviewTask.select().count() == 1
    assert stored(ready).submission == 1


@pytest.mark.parametrize(("moment", "status"), [(CLOSES, 303), (CLOSES + timedelta(microseconds=1), 422)])
def test_the_closing_instant_itself_still_counts(ready, sign_in, moment, status) -> None:
    client = sign_in("clerk")
    with clock.freeze(moment):
        from gkportal.auth.models import UserSession

        UserSession.update(seen_at=moment, created_at=moment).execute()
        answer = confirm(client, ready)
    assert answer.status_code == status
    if status == 422:
        assert "申报已于 2024-04-15 23:59 截止" in answer.get_data(as_text=True)


def test_a_late_exception_opens_one_case_and_is_on_record(app, ready, world, sign_in) -> None:
    late = CLOSES + timedelta(days=1)
    with clock.freeze(late):
        admin = sign_in("round_admin")
        address = f"/declarations/case/{ready.case.public_id}/extension"
        assert admin.post(address, data={"until": "2024-04-20T17:00", "reason": "短"}).status_code == 422
        done = admin.post(address, data={"until": "2024-04-20T17:00", "reason": "单位遭遇水灾停电，经研究同意延期。"})
        assert done.status_code == 303
        assert "单位遭遇水灾停电" in admin.get(done.location).get_data(as_text=True)
        client = sign_in("clerk")
        assert confirm(client, ready).status_code == 303
        detail = client.get(f"/cases/{ready.case.public_id}").get_data(as_text=True)
    assert "个案延期至 2024-04-20 17:00" in detail


def test_withdrawal_before_the_first_decision_and_not_after(app, ready, world, sign_in) -> None:
    client = sign_in("clerk")
    confirm(client, ready)
    assert client.post(f"/applications/{ready.public_id}/withdraw").status_code == 303
    assert stored(ready).state == "withdrawn"
    assert ReviewTask.select().where(ReviewTask.state == "waiting").count() == 0
    assert confirm(client, ready).status_code == 303
    decide(world, ready, "department_reviewer", "pass")
    refused = client.post(f"/applications/{ready.public_id}/withdraw")
    assert refused.status_code == 403 and "已开始审核，不能撤回" in refused.get_data(as_text=True)


def test_passing_every_step_approves(app, ready, world, sign_in) -> None:
    client = sign_in("clerk")
    confirm(client, ready)
    with app.test_request_context():
        for who, label in (
            ("department_reviewer", "待区级审核"), ("district_reviewer", "待市级审核"), ("city_reviewer", "市级审核通过"),
        ):  # fmt: skip
            decide(world, ready, who, "pass", "同意")
            assert Case.get_by_id(ready.case_id).holder_label == label
    assert stored(ready).state == "approved"
    case = Case.get_by_id(ready.case_id)
    assert (case.state, case.holder_id) == ("done", None)


def test_return_opens_only_the_named_item_and_resubmission_shows_the_change(app, ready, world, sign_in) -> None:
    client = sign_in("clerk")
    confirm(client, ready)
    with app.test_request_context():
        decide(world, ready, "department_reviewer", "return", fix="material:appraisals")
    returned = stored(ready)
    assert (returned.state, returned.unlocked) == ("returned", ["material:appraisals"])
    assert returned.feedback == "材料 5 年度考核表：缺 2022 年度，请补齐"
    import io

    def replace(key: str, name: str):
        return client.post(
            f"/applications/{ready.public_id}/materials/slots/{key}",
            data={"file": (io.BytesIO(making.pdf(f"new {key}")), name)}, htmx=True,
        )  # fmt: skip

    locked = replace("identity_card", "2身份证.pdf")
    assert locked.status_code == 422 and "本次退回未要求修改这一项" in locked.get_data(as_text=True)
    assert replace("appraisals", "5年度考核表.pdf").status_code == 200
    assert confirm(client, ready).status_code == 303
    again = stored(ready)
    assert (again.state, again.submission) == ("in_review", 2)
    with app.test_request_context():
        from gkportal.declarations.review_handler import ApplicationHandler

        changes = ApplicationHandler().changes(waiting(ready))
    assert [change.place for change in changes] == ["材料 5 年度考核表"]
    detail = client.get(f"/cases/{ready.case.public_id}").get_data(as_text=True)
    assert "补正后重新提交" in detail


def test_correction_window_is_longer_than_the_submission_window(app, ready, world, sign_in) -> None:
    client = sign_in("clerk")
    confirm(client, ready)
    with app.test_request_context():
        decide(world, ready, "department_reviewer", "return", "请核对联系电话")
    from gkportal.auth.models import UserSession

    for moment, status in ((CLOSES + timedelta(days=10), 303), (CLOSES + timedelta(days=10, seconds=1), 422)):
        Application.update(state="returned", version=Application.version).where(Application.id == ready.id).execute()
        with clock.freeze(moment):
            UserSession.update(seen_at=moment, created_at=moment).execute()
            answer = confirm(client, ready)
        assert answer.status_code == status, answer.get_data(as_text=True)[:500]
        ReviewTask.delete().where(ReviewTask.state == "waiting").execute()


def test_rejection_ends_it(app, ready, world, sign_in) -> None:
    client = sign_in("clerk")
    confirm(client, ready)
    with app.test_request_context():
        decide(world, ready, "department_reviewer", "reject", "不在岗，不符合条件")
    ended = stored(ready)
    assert (ended.state, ended.feedback, ended.live) == ("rejected", "不在岗，不符合条件", None)
    assert Case.get_by_id(ready.case_id).holder_label == "审核未通过"


def test_a_city_unit_skips_the_district(app, world) -> None:
    with app.test_request_context():
        actor = world.actor("city_clerk")
        application = making.add(
            world, "shu", clerk="city_clerk", kind="technician", grade=2, reason="学历待核实，先行添加。"
        )
        route = submission.resolve_route(application, making.dossier(application).pack)
    assert [step["organization_name"] for step in route] == ["云州市交通运输局", "云州市工考办"]
    assert actor.org_level == "city"


def test_another_unit_reaches_nothing(ready, sign_in) -> None:
    for name in ("sibling_clerk", "foreign_clerk"):
        other = sign_in(name)
        assert other.get(f"/declarations/case/{ready.case.public_id}/submit").status_code == 404
        assert confirm(other, ready).status_code == 404
        assert other.post(f"/applications/{ready.public_id}/withdraw").status_code == 404


def test_queries_of_the_submit_page_do_not_grow_with_people(app, world, sign_in) -> None:
    """One person and three people cost the same number of queries."""
    import logging

    with app.test_request_context():
        first = making.add(world, "sang")
    client = sign_in("clerk")
    address = f"/declarations/case/{first.case.public_id}/submit"
    counts = []
    for _ in range(2):
        seen: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record, seen=seen: seen.append(record.getMessage())  # type: ignore[method-assign]
        logger = logging.getLogger("peewee")
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        client.get(address)
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
        counts.append(len(seen))
        with app.test_request_context():
            if len(counts) == 1:
                making.add(world, "gu", grade=4)
                making.add(world, "bai", mode="exception", reason="破格材料正在补充，先行添加。")
    assert counts[0] == counts[1]
    assert queries.kind_of(Case.get_by_id(first.case_id)) == "level"
