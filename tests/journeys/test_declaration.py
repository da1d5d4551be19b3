"""From signing in to the approval, as the people of all levels do it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from gkportal.declarations.models import Application, Material
from gkportal.review.models import Case, ReviewTask
from tests.declarations import making
from tests.world import PASSWORD

pytestmark = pytest.mark.browser


def _files(folder: Path) -> list[str]:
    """Scans named as the rules ask, one of them without a number."""
    contents = {
        "2身份证.pdf": making.pdf("id"), "3照片.jpg": making.photo(), "4学历证书.pdf": making.pdf("edu"),
        "5年度考核表.pdf": making.pdf("appraisals", pages=5), "6继续教育证书.pdf": making.pdf("training"),
        "扫描件0031.pdf": making.pdf("old certificate"),
    }  # fmt: skip
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return [str(folder / name) for name in contents]


def test_declare_return_correct_approve(browse, world, tmp_path) -> None:
    # the clerk signs in through the login page and finds the item by search
    page = browse("", "/login")
    page.locator("input[name=username]").fill("clerk")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="单位办事大厅")).to_be_visible()
    page.get_by_label("搜索办事事项或办件编号").fill("工勤")
    page.get_by_role("button", name="搜索").click()
    page.get_by_role("link", name="申报：工勤人员技术等级岗位考核（等级工）").click()

    # picker: by initials, then the whole list again; what was ticked stays ticked
    page.get_by_role("link", name="添加申报人员").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("姓名", exact=True).fill("scs")
    dialog.get_by_role("button", name="查询").click()
    expect(dialog.get_by_text("柏长河")).to_have_count(0)
    dialog.get_by_label("选择桑春生").check()
    expect(dialog.get_by_role("button", name="确定，添加 1 人")).to_be_enabled()
    dialog.get_by_role("button", name="重置").click()
    expect(dialog.get_by_text("柏长河").first).to_be_visible()
    expect(dialog.get_by_label("选择桑春生")).to_be_checked()
    dialog.get_by_role("button", name="确定，添加 1 人").click()
    expect(page.get_by_role("cell", name="汽车驾驶与管理")).to_be_visible()

    # the form saves itself; leaving and coming back loses nothing
    page.get_by_role("link", name="查看桑春生").click()
    page.get_by_label("工作鉴定").fill("该同志认真负责，安全行车无事故。")
    expect(page.locator(".gk-saved").first).to_contain_text("自动保存")
    page.wait_for_timeout(1500)
    page.reload()
    expect(page.get_by_label("工作鉴定")).to_have_value("该同志认真负责，安全行车无事故。")

    # materials: many files at once find their numbers; the unnamed one waits in the tray
    application = Application.get(Application.worker_name == "桑春生")
    page.goto(f"/applications/{application.public_id}/materials")
    page.locator("[data-drop-area] input[type=file]").set_input_files(_files(tmp_path))
    expect(page.get_by_text("待归位的文件")).to_be_visible(timeout=30_000)
    expect(page.locator("#slot-photo")).to_contain_text("已交", timeout=30_000)
    page.get_by_label("“扫描件0031.pdf”放到几号").select_option(label="7 原等级证书")
    page.get_by_role("button", name="归位").click()
    expect(page.locator("#slot-prior_certificate")).to_contain_text("扫描件0031.pdf")
    if page.locator("#slot-prior_certificate").get_by_role("button", name="已核对，没有放错").count():
        page.locator("#slot-prior_certificate").get_by_role("button", name="已核对，没有放错").click()
        expect(page.locator("#slot-prior_certificate .gk-tag-ok")).to_be_visible()

    # the official print locks the form; its scan goes to number 1
    page.goto(f"/applications/{application.public_id}/approval-form")
    expect(page.locator("iframe.gk-pdf")).to_be_visible()
    page.get_by_role("button", name="生成并打印第 1 版").click()
    expect(page.get_by_text("第 1 版").first).to_be_visible()
    page.goto(f"/applications/{application.public_id}/materials")
    scan = tmp_path / "1审批表.pdf"
    scan.write_bytes(making.pdf("signed form", pages=2))
    page.locator("#slot-approval_form input[type=file]").set_input_files(str(scan))
    expect(page.locator("#slot-approval_form")).to_contain_text("已交", timeout=20_000)
    expect(page.locator("#material-rest")).to_contain_text("材料齐全")

    # check, pledge, contact, confirm
    page.goto(f"/declarations/case/{application.case.public_id}")
    page.get_by_role("button", name="确认提交").click()
    expect(page.get_by_role("heading", name="提交前核对")).to_be_visible()
    page.get_by_role("button", name="确认提交 1 人").click()
    expect(page.get_by_role("alert")).to_contain_text("请阅读承诺书")
    page.locator("#pledge-agree").check()
    page.get_by_label("联系电话").fill("0519-85681234")
    page.get_by_role("button", name="确认提交 1 人").click()
    expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    number = Case.get_by_id(application.case_id).number
    expect(page.get_by_text(number)).to_be_visible()

    # the department marks one material and returns
    reviewer = browse("department_reviewer", "/review")
    reviewer.get_by_role("link", name="桑春生").first.click()
    reviewer.goto(reviewer.url.split("?")[0] + "?item=material:appraisals")
    reviewer.locator("#verdict-fix").check()
    reviewer.locator("textarea[name=remark]").fill("缺 2022 年度考核表，请补齐。")
    reviewer.locator("textarea[name=remark]").blur()
    reviewer.wait_for_selector("#item-saved >> text=已保存")
    reviewer.get_by_role("button", name="退回修改").click()
    reviewer.wait_for_url(lambda url: application.public_id not in url and "item=material:appraisals" not in url)
    assert Application.get_by_id(application.id).state == "returned"

    # the clerk reads the feedback, can change only that material, and sends it again
    page.goto(f"/declarations/case/{application.case.public_id}")
    expect(page.get_by_text("缺 2022 年度考核表，请补齐。").first).to_be_visible()
    page.goto(f"/applications/{application.public_id}/materials")
    expect(page.locator("#slot-identity_card")).to_contain_text("本次退回未要求修改这一项")
    again = tmp_path / "again" / "5年度考核表.pdf"
    again.parent.mkdir()
    again.write_bytes(making.pdf("all five years", pages=5))
    page.locator("#slot-appraisals input[type=file]").set_input_files(str(again))
    expect(page.locator("#slot-appraisals")).to_contain_text("2 个版本", timeout=20_000)
    page.goto(f"/declarations/case/{application.case.public_id}/submit?ids={application.public_id}")
    page.locator("#pledge-agree").check()
    page.get_by_role("button", name="确认提交 1 人").click()
    expect(page.get_by_role("heading", name="已提交")).to_be_visible()

    # all three levels pass; each sees what changed or the earlier opinions
    for who in ("department_reviewer", "district_reviewer", "city_reviewer"):
        level = browse(who, "/review")
        level.get_by_role("link", name="桑春生").first.click()
        if who == "department_reviewer":
            expect(level.get_by_text("材料 5 年度考核表").first).to_be_visible()
        level.get_by_role("button", name="审核通过").click()
        level.wait_for_load_state("networkidle")
    assert Application.get_by_id(application.id).state == "approved"
    page.goto("/cases")
    expect(page.get_by_text("市级审核通过").first).to_be_visible()
    assert Material.select().where(Material.slot_key == "appraisals").count() == 2
    assert ReviewTask.select().where(ReviewTask.state == "done").count() == 4


def test_without_scripts_a_person_can_be_added_saved_uploaded_and_submitted(app, browse, world, tmp_path) -> None:
    with app.test_request_context():
        application = making.complete(making.add(world, "sang"), world.actor("clerk"))
    page = browse("clerk", f"/applications/{application.public_id}/materials", scripts=False)
    file = tmp_path / "2身份证.pdf"
    file.write_bytes(making.pdf("replaced"))
    slot = page.locator("#slot-identity_card")
    slot.locator("input[type=file]").set_input_files(str(file))
    slot.get_by_role("button", name="上传").click()
    expect(page.locator("#slot-identity_card")).to_contain_text("2 个版本")
    page.goto(f"/declarations/case/{application.case.public_id}/submit?ids={application.public_id}")
    page.locator("#pledge-agree").check()
    page.get_by_role("button", name="确认提交 1 人").click()
    expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    task = ReviewTask.get(ReviewTask.state == "waiting")
    reviewer = browse("department_reviewer", f"/review/{task.public_id}", scripts=False)
    reviewer.get_by_role("button", name="审核通过").click()
    assert ReviewTask.get_by_id(task.id).decision == "pass"
