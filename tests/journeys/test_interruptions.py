"""What goes wrong in an office: two people at one thing, deadlines, time-outs. Nothing typed is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from gkportal.auth.models import UserSession
from gkportal.core import clock
from gkportal.declarations.models import Application
from gkportal.review.models import ReviewTask
from tests.declarations import making
from tests.world import NOW, PASSWORD

pytestmark = pytest.mark.browser


def test_two_clerks_change_the_same_place_and_both_values_are_shown(app, browse, world) -> None:
    with app.test_request_context():
        application = making.add(world, "sang")
    first = browse("clerk", f"/applications/{application.public_id}")
    second = browse("clerk2", f"/applications/{application.public_id}")
    first.get_by_label("工作鉴定").fill("甲：工作认真负责。")
    first.get_by_label("工作鉴定").blur()
    first.wait_for_timeout(1800)
    second.get_by_label("工作鉴定").fill("乙：技术熟练，能带新人。")
    second.get_by_label("工作鉴定").blur()
    expect(second.get_by_text("甲：工作认真负责。").first).to_be_visible()
    assert Application.get_by_id(application.id).form["appraisal_text"] == "甲：工作认真负责。"
    assert second.get_by_text("乙：技术熟练，能带新人。").count() + (
        second.get_by_label("工作鉴定").input_value() == "乙：技术熟练，能带新人。"
    )


def test_two_reviewers_decide_once_and_the_second_is_told(app, browse, world) -> None:
    with app.test_request_context():
        application = making.submit(
            making.complete(making.add(world, "sang"), world.actor("clerk")), world.actor("clerk")
        )
        task = ReviewTask.get(ReviewTask.subject_id == application.id)
        from gkportal.review import operations as review

        review.decide(
            actor=world.actor("department_reviewer"), now=NOW, task=task, version=task.version, decision="pass"
        )
    task = ReviewTask.get((ReviewTask.subject_id == application.id) & (ReviewTask.state == "waiting"))
    first = browse("district_reviewer", f"/review/{task.public_id}")
    second = browse("district_reviewer2", f"/review/{task.public_id}")
    first.get_by_role("button", name="审核通过").click()
    first.wait_for_load_state("networkidle")
    second.get_by_role("button", name="审核通过").click()
    expect(second.get_by_text("祝长青").first).to_be_visible()
    decided = ReviewTask.get_by_id(task.id)
    assert (decided.decision, decided.decided_by_name) == ("pass", "祝长青")


def test_the_deadline_passes_while_the_page_is_open(app, browse, world) -> None:
    with app.test_request_context():
        application = making.complete(making.add(world, "sang"), world.actor("clerk"))
    page = browse("clerk", f"/declarations/case/{application.case.public_id}/submit?ids={application.public_id}")
    page.locator("#pledge-agree").check()
    page.get_by_label("联系电话").fill("0519-85681234")
    closed = datetime(2024, 4, 15, 16, 0, 0, tzinfo=UTC)
    UserSession.update(seen_at=closed, created_at=closed).execute()
    with clock.freeze(closed):
        page.get_by_role("button", name="确认提交 1 人").click()
        expect(page.get_by_text("申报已于 2024-04-15 23:59 截止").first).to_be_visible()
        expect(page.get_by_label("联系电话")).to_have_value("0519-85681234")
    assert Application.get_by_id(application.id).state == "draft"


def test_a_session_that_ended_while_filling_in_costs_nothing(app, browse, world) -> None:
    with app.test_request_context():
        application = making.add(world, "sang")
    page = browse("", f"/login?next=/applications/{application.public_id}")
    page.locator("input[name=username]").fill("clerk")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/applications/*")
    UserSession.update(seen_at=NOW - timedelta(hours=2)).execute()
    page.get_by_label("工作鉴定").fill("登录超时前后填写的内容。")
    page.get_by_label("工作鉴定").blur()
    dialog = page.locator("#login-again")
    expect(dialog).to_be_visible()
    expect(dialog.locator("input[name=username]")).to_have_value("clerk")
    dialog.locator("input[name=password]").fill(PASSWORD)
    dialog.get_by_role("button", name="登录并继续").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("工作鉴定")).to_have_value("登录超时前后填写的内容。")
    page.get_by_role("button", name="暂存").click()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    assert Application.get_by_id(application.id).form["appraisal_text"] == "登录超时前后填写的内容。"


def test_a_first_password_is_changed_before_anything_else(app, browse, world) -> None:
    admin = browse("unit_admin", "/people")
    admin.locator(".gk-head a[href='/people/new']").click()
    dialog = admin.get_by_role("dialog")
    dialog.locator("input[name=username]").fill("new.clerk")
    dialog.locator("input[name=display_name]").fill("景新月")
    dialog.locator("input[name=roles]").first.check()
    dialog.get_by_role("button", name="建立账号").click()
    password = admin.locator("#one-time").inner_text().strip()
    person = browse("", "/login?next=/cases")
    person.locator("input[name=username]").fill("new.clerk")
    person.locator("input[name=password]").fill(password)
    person.get_by_role("button", name="登录").click()
    person.wait_for_url("**/account/first-password**")
    person.goto("/cases")
    person.wait_for_url("**/account/first-password**")
