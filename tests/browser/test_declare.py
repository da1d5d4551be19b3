"""A clerk declares: from the login page to the confirmation with the number, and 我的办件 afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from gkportal.declarations.models import Application, Material
from gkportal.review.models import Case
from tests.browser.conftest import sign_in_at
from tests.browser.crowd import crowd
from tests.browser.steps import drop, large_scan, saved, scans
from tests.world import World


def test_from_the_login_page_to_the_number(browse: Callable[..., Page], world: World, tmp_path: Path) -> None:
    """S000-70…107, S002-01…132: the whole way of one applicant, four more added beside."""
    crowd(world, 14)
    page = browse("", "/login")
    sign_in_at(page, "clerk")
    expect(page).to_have_title("单位办事大厅 - 工勤技能岗位等级考评")
    page.get_by_role("link", name="申报：工勤人员技术等级岗位考核（等级工）").click()
    expect(page.get_by_text("还没有申报人员")).to_be_visible()
    _pick_people(page)
    _fill_the_form(page)
    _upload(page, tmp_path)
    _print(page)
    _upload_the_signed_form(page, tmp_path)
    _submit(page)
    _follow(page)


def _pick_people(page: Page) -> None:
    page.get_by_role("link", name="添加申报人员").click()
    dialog = page.get_by_role("dialog", name="添加申报人员")
    expect(dialog.get_by_text("本单位在职 20 人")).to_be_visible()
    expect(dialog.get_by_role("row", name="选择路𬀩")).to_contain_text("待确认")
    expect(dialog.get_by_role("row", name="选择卫永年")).to_contain_text("现为高级工，请走技师考评")
    # initials find the person; the choice of another mode asks the rules again
    dialog.get_by_label("姓名", exact=True).fill("scs")
    dialog.get_by_role("button", name="查询").click()
    expect(dialog.get_by_role("rowheader")).to_have_text(["桑春生"])
    dialog.get_by_label("选择桑春生").check()
    dialog.get_by_role("button", name="查看桑春生的条件").click()
    expect(dialog.get_by_text("2018年08月").first).to_be_visible()
    expect(dialog.get_by_text("已选 1 人（跨页）")).to_be_visible()
    # what is ticked stays over filters and pages
    dialog.get_by_role("button", name="重置").click()
    expect(dialog.get_by_text("共 20 条")).to_be_visible()
    dialog.get_by_label("古秀兰的申报方式").select_option("破格申报")
    expect(dialog.get_by_label("古秀兰的申报方式")).to_have_value("exception")
    dialog.get_by_label("古秀兰的申报方式").select_option("正常申报")
    dialog.get_by_label("选择古秀兰").check()
    expect(dialog.get_by_text("已选 2 人（跨页）")).to_be_visible()
    dialog.get_by_role("button", name="下一页").click()
    expect(dialog.get_by_role("rowheader", name="郁宁乙")).to_be_visible()
    for name in ("郁宁乙", "郁平乙"):
        dialog.get_by_label(f"选择{name}").check()
    expect(dialog.locator(".gk-chip")).to_have_text(["郁宁乙", "郁平乙", "桑春生", "古秀兰"])
    dialog.get_by_role("button", name="移除郁平乙").click()
    dialog.get_by_role("button", name="上一页").click()
    expect(dialog.get_by_label("选择桑春生")).to_be_checked()
    dialog.get_by_role("button", name="确定，添加 3 人").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#people tbody th")).to_have_text(["桑春生", "古秀兰", "郁宁乙"])
    expect(page.get_by_text("共 3 人")).to_be_visible()


def _fill_the_form(page: Page) -> None:
    page.get_by_role("link", name="查看桑春生").click()
    expect(page.get_by_role("heading", name="桑春生 申报高级工")).to_be_visible()
    # saves itself; leaving and coming back loses nothing
    page.get_by_label("政治面貌").select_option("群众")
    page.get_by_label("工作鉴定").fill("驾驶技术熟练，安全行车无事故。")
    saved(page)
    page.get_by_role("link", name="返回", exact=True).click()
    page.get_by_role("link", name="查看桑春生").click()
    expect(page.get_by_label("工作鉴定")).to_have_value("驾驶技术熟练，安全行车无事故。")
    expect(page.get_by_label("政治面貌")).to_have_value("13")
    # a row is edited in its line: a wrong month says so and keeps what was typed, Esc takes it back
    page.get_by_role("button", name="添加获奖记录").click()
    section = page.locator("#s-achievements")
    expect(section.get_by_label("第 1 行 日期")).to_be_focused()
    section.get_by_label("第 1 行 日期").fill("2022年13月")
    section.get_by_label("第 1 行 奖项").fill("区交通系统安全行车标兵")
    section.get_by_role("button", name="完成").click()
    expect(section.get_by_label("第 1 行 奖项")).to_have_value("区交通系统安全行车标兵")
    expect(section.locator(".gk-err").first).to_be_visible()
    section.get_by_label("第 1 行 日期").fill("2022年12月")
    section.get_by_role("button", name="完成").click()
    expect(section.get_by_role("cell", name="区交通系统安全行车标兵")).to_be_visible()
    section.get_by_role("button", name="修改工作业绩第 1 行").click()
    expect(section.get_by_label("第 1 行 日期")).to_be_focused()
    section.get_by_label("第 1 行 奖项").fill("写错了")
    section.get_by_label("第 1 行 奖项").press("Escape")
    expect(section.locator("tbody input")).to_have_count(0)
    expect(section.locator("tbody td").first).to_have_text("2022年12月")
    page.reload()
    expect(page.get_by_role("cell", name="区交通系统安全行车标兵")).to_be_visible()


def _print(page: Page) -> None:
    page.get_by_role("link", name="审批表预览").first.click()
    expect(page.get_by_role("heading", name="桑春生 审批表")).to_be_visible()
    expect(page.get_by_text("还没有上传照片")).to_have_count(0)
    frame = page.locator("iframe.gk-pdf")
    expect(frame).to_be_visible()
    answer = page.request.get(frame.get_attribute("src") or "")
    assert answer.headers["content-type"] == "application/pdf" and answer.body().startswith(b"%PDF-")
    page.get_by_role("button", name="生成并打印第 1 版").click()
    expect(page.get_by_text("第 1 版与已填内容一致")).to_be_visible()
    # a later change voids the print
    page.get_by_role("link", name="返回填写").click()
    page.get_by_label("政治面貌").select_option("中共党员")
    saved(page)
    expect(page.locator("#rail")).to_contain_text("第 1 版已失效")
    page.get_by_role("link", name="审批表预览").first.click()
    expect(page.get_by_text("第 1 版已失效，请重新打印")).to_be_visible()
    page.get_by_role("button", name="生成并打印第 2 版").click()
    expect(page.get_by_text("第 2 版与已填内容一致")).to_be_visible()


def _upload(page: Page, folder: Path) -> None:
    page.get_by_role("link", name="审批表预览").first.click()
    expect(page.get_by_text("还没有上传照片")).to_be_visible()
    page.get_by_role("link", name="去材料列表").click()
    expect(page.get_by_text("0 / 7 项已交")).to_be_visible()
    # one file with its progress, slowed down so that it can be seen
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": 50, "downloadThroughput": -1, "uploadThroughput": 300_000})  # fmt: skip
    page.get_by_label("上传材料 2 身份证").set_input_files(large_scan(folder / "2身份证.pdf"))
    expect(page.locator("#slot-identity_card .gk-up-w")).to_contain_text("正在上传")
    expect(page.locator("#slot-identity_card progress")).to_have_attribute("aria-label", "上传进度 2身份证.pdf")
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})  # fmt: skip
    expect(page.locator("#slot-identity_card")).to_contain_text("已交")
    # the rest dropped at once, one of them without a number
    files = scans(folder, ("3照片.jpg", "4学历证书.pdf", "5年度考核表.pdf", "6继续教育证书.pdf", "扫描件0031.pdf"))
    drop(page.locator(".gk-drop"), files)
    expect(page.get_by_role("heading", name="待归位的文件")).to_be_visible(timeout=20_000)
    page.get_by_label("“扫描件0031.pdf”放到几号").select_option("7 原等级证书")
    page.get_by_role("button", name="归位").click()
    expect(page.locator("#slot-prior_certificate")).to_contain_text("扫描件0031.pdf")
    expect(page.get_by_text("6 / 7 项已交")).to_be_visible()
    # a look at one of them
    page.get_by_role("link", name="预览材料 4", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("4学历证书.pdf")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def _upload_the_signed_form(page: Page, folder: Path) -> None:
    page.get_by_role("link", name="去材料列表").click()
    page.get_by_label("上传材料 1 审批表").set_input_files(scans(folder, ("1审批表.pdf",)))
    expect(page.get_by_role("heading", name="材料齐全")).to_be_visible()
    expect(page.get_by_text("7 / 7 项已交")).to_be_visible()
    assert Material.select().where(Material.slot_key != "").count() == 7
    page.get_by_role("link", name="返回申报人员").click()


def _submit(page: Page) -> None:
    expect(page.get_by_role("row", name="选择桑春生")).to_contain_text("齐全，可提交")
    page.get_by_label("选择桑春生").check()
    page.get_by_label("选择古秀兰").uncheck()
    page.get_by_role("button", name="提交前核对").click()
    expect(page.get_by_role("heading", name="提交前核对")).to_be_visible()
    page.get_by_role("link", name="逐项核对").click()
    expect(page.get_by_text("所有内容、材料和审批表都已齐全")).to_be_visible()
    page.get_by_role("link", name="去提交").click()
    confirm = page.get_by_role("button", name="确认提交 1 人")
    confirm.click()
    expect(page.get_by_role("alert")).to_contain_text("请阅读承诺书")
    page.get_by_label("不同意").check()
    confirm.click()
    expect(page.get_by_role("alert")).to_contain_text("您选择了“不同意”，已记录，本次没有提交")
    assert Application.get(Application.worker_name == "桑春生").state == "draft"
    page.locator("#pledge-agree").check()
    page.get_by_label("联系电话").fill("12")
    confirm.click()
    expect(page.get_by_role("alert")).to_contain_text("联系电话")
    expect(page.locator("#pledge-agree")).to_be_checked()
    page.get_by_label("联系电话").fill("0519-85681234")
    confirm.click()
    expect(page.get_by_role("heading", name="已提交")).to_be_visible()
    expect(page.locator("main")).to_contain_text("2024041000000001")
    expect(page.locator("main")).to_contain_text("由 青溪区交通运输局 进行")
    expect(page.get_by_text("本办件还有 2 人没有提交")).to_be_visible()


def _follow(page: Page) -> None:
    page.get_by_role("link", name="我的办件").first.click()
    page.get_by_role("button", name="查看进度 2024041000000001").click()
    detail = page.locator("tr.gk-detail:visible")
    expect(detail.locator("[aria-current=step]")).to_contain_text(["单位提交", "主管部门审核，进行中今天到达"])
    expect(detail).to_contain_text("现在由 青溪区交通运输局 办理")
    expect(detail.locator(".gk-timeline")).to_contain_text("穆知秋")
    page.get_by_role("link", name="办件详情 2024041000000001").click()
    expect(page.locator("main")).to_contain_text("承诺书同意")
    case = Case.get()
    assert (case.number, case.contact_phone, case.pledge_agreed) == ("2024041000000001", "0519-85681234", True)
    receipt = page.request.get(f"/cases/{case.public_id}/receipt.pdf")
    assert receipt.status == 200 and receipt.body().startswith(b"%PDF-")
