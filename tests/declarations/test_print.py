"""审批表 and its print lock (S000-84…86, S002-118…123)."""

from __future__ import annotations

import hashlib
import io

import pypdfium2
import pytest

from gkportal.audit import AuditEvent
from gkportal.core import db
from gkportal.core.services import service
from gkportal.declarations import dossiers, prints
from gkportal.declarations.models import Application, FormPrint
from gkportal.declarations.print_values import changed_labels
from tests.declarations.conftest import Person, add, application_of, text_of


def pdf_text(data: bytes) -> str:
    with pypdfium2.PdfDocument(io.BytesIO(data)) as document:
        return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)


def pages(data: bytes) -> int:
    with pypdfium2.PdfDocument(io.BytesIO(data)) as document:
        return len(document)


def shown(person: Person) -> str:
    return text_of(person.client.get(person.url + "/approval-form").get_data(as_text=True))


def test_the_form_says_what_was_filled_in(sang: Person):
    sang.save(phone="10000000888", trade_start="2001年03月", appraisal_text="一贯安全行车。", hired_grade="4",
              trade_break__start="2005-01", trade_break__end="2005-06")  # fmt: skip
    response = sang.client.get(sang.url + "/approval-form.pdf")
    assert response.status_code == 200 and response.mimetype == "application/pdf"
    assert response.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    text = pdf_text(response.data)
    for words in ("桑春生", "990101198005061011", "青溪区公路养护中心", "常州市", "汽车驾驶与管理", "高级工", "正常申报", "1980年05月",
                  "2000年07月", "2001年03月", "10000000888", "大学本科", "四级（中级工）", "YZ000101", "2018年08月31日", "中级工",
                  "2000年07月—至今", "一贯安全行车。", "2005年01月至2005年06月", "2024041000000001", "主管部门", "市工考办"):  # fmt: skip
        assert words in text, words


def test_a_rare_name_is_printed_and_can_be_copied(lu: Person):
    assert "路𬀩" in pdf_text(lu.client.get(lu.url + "/approval-form.pdf").data)


def test_the_preview_is_byte_for_byte_what_is_printed(sang: Person):
    preview = sang.client.get(sang.url + "/approval-form.pdf").data
    assert sang.client.post(sang.url + "/approval-form").status_code == 303
    printed = FormPrint.get()
    assert hashlib.sha256(preview).hexdigest() == printed.sha256
    assert sang.client.get(sang.url + "/approval-form.pdf?version=1").data == preview
    assert sang.client.get(sang.url + "/approval-form.pdf").data == preview
    with sang.client.application.app_context():
        assert service("store").read(printed.sha256) == preview


def test_print_change_stale_reprint(sang: Person):
    assert "未打印" in shown(sang)
    sang.client.post(sang.url + "/approval-form")
    assert "第 1 版与已填内容一致" in shown(sang) and "穆知秋 2024-04-10 09:30 打印，共 2 页" in shown(sang)
    row_id = sang.row_id("career")
    sang.save(trade_start="2001-03", **{f"row__career__{row_id}__unit_post": "青溪区公路养护中心 驾驶班长"})
    text = shown(sang)
    assert "第 1 版已失效，请重新打印" in text
    assert "打印后改动 2 处：从事本工种时间、工作简历第 1 行" in text
    page = sang.page()
    assert "请重新打印" in page and "第 1 版已失效" in page and "改好后打印第 2 版" in page
    case = text_of(sang.client.get("/declarations/level").get_data(as_text=True))
    assert "请重新打印 审批表打印后改动 2 处" in case
    check = text_of(sang.client.get(sang.url + "/check").get_data(as_text=True))
    assert "审批表：打印后内容有改动，请重新打印" in check
    sang.client.post(sang.url + "/approval-form")
    assert "第 2 版与已填内容一致" in shown(sang)
    assert [row.print_version for row in FormPrint.select().order_by(FormPrint.id)] == [1, 2]
    assert (
        sang.client.get(sang.url + "/approval-form.pdf?version=1").data
        != sang.client.get(sang.url + "/approval-form.pdf").data
    )


def test_putting_the_old_value_back_makes_the_print_good_again(sang: Person):
    sang.client.post(sang.url + "/approval-form")
    sang.save(phone="10000000999")
    assert "请重新打印" in shown(sang)
    sang.save(phone="10000000101")
    assert "第 1 版与已填内容一致" in shown(sang)


def test_a_change_in_the_roster_voids_the_print_too(sang: Person, world):
    from gkportal.roster.models import Worker

    sang.client.post(sang.url + "/approval-form")
    with db.write_transaction():
        Worker.update(education="31").where(Worker.id == world.workers["sang"].id).execute()
    assert "打印后改动 1 处：学历" in shown(sang)


def test_changing_mode_or_grade_voids_the_print(sang: Person):
    sang.client.post(sang.url + "/approval-form")
    sang.save(do="choice", mode="exception")
    assert "打印后改动 1 处：申报方式" in shown(sang)


def test_printing_twice_gives_one_version(sang: Person):
    for _ in range(2):
        sang.client.post(sang.url + "/approval-form")
    assert FormPrint.select().count() == 1
    assert AuditEvent.select().where(AuditEvent.verb == "application.form_printed").count() == 1


def test_version_and_check_code_stand_on_the_paper(sang: Person):
    sang.client.post(sang.url + "/approval-form")
    printed = FormPrint.get()
    text = pdf_text(sang.client.get(sang.url + "/approval-form.pdf").data)
    assert "打印版本1" in text and f"校验码{printed.short_hash}" in text and len(printed.short_hash) == 8
    assert printed.data_hash == prints.data_hash(sang.row)
    assert "990101198005061011" not in printed.short_hash


def test_several_forms_come_as_one_file(clerk, world):
    add(clerk, "sang", "bai")
    case = application_of(world, "sang").case.public_id
    ids = ",".join(application_of(world, key).public_id for key in ("sang", "bai"))
    response = clerk.post(f"/declarations/case/{case}/approval-forms", data={"ids": ids})
    assert response.status_code == 200 and response.mimetype == "application/pdf" and pages(response.data) == 4
    text = pdf_text(response.data)
    assert "桑春生" in text and "柏长河" in text
    assert FormPrint.select().count() == 2


def test_printing_nobody_is_said(sang: Person):
    response = sang.client.post(f"/declarations/case/{sang.row.case.public_id}/approval-forms", data={"ids": ""})
    assert response.status_code == 422 and "还没有选择人员" in response.get_data(as_text=True)


def test_a_download_has_the_persons_name(lu: Person):
    response = lu.client.get(lu.url + "/approval-form.pdf?download=1")
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert "%E8%B7%AF%F0%AC%80%A9%E5%AE%A1%E6%89%B9%E8%A1%A8.pdf" in response.headers["Content-Disposition"]


def test_in_review_only_the_stored_print_can_be_had(sang: Person):
    sang.client.post(sang.url + "/approval-form")
    with db.write_transaction():
        Application.update(state="in_review", submission=1).where(Application.id == sang.row.id).execute()
    response = sang.client.post(sang.url + "/approval-form")
    assert response.status_code == 403
    assert "只能下载已打印的版本。" in response.get_data(as_text=True)
    assert sang.client.get(sang.url + "/approval-form.pdf").status_code == 200


def test_an_unknown_version_is_answered(sang: Person):
    response = sang.client.get(sang.url + "/approval-form.pdf?version=7")
    assert response.status_code == 422 and "没有第 7 版审批表" in response.get_data(as_text=True)


@pytest.mark.parametrize(
    "before, after, named",
    [
        ({"trade_since": "a"}, {"trade_since": "b"}, ["从事本工种时间"]),
        ({"career": [{"unit": "a"}]}, {"career": [{"unit": "a"}, {"unit": "b"}]}, ["工作简历第 2 行"]),
        ({"photo": "x"}, {"photo": "y"}, ["照片"]),
        ({"mode": "m"}, {"mode": "m"}, []),
    ],
)
def test_changes_are_named(before, after, named):
    assert changed_labels(before, after) == named


def test_the_print_state_of_many_costs_two_queries(clerk, world, count_queries):
    add(clerk, "sang", "bai", "gu")
    loaded = dossiers.load(Application.select())
    with count_queries() as seen:
        prints.print_statuses(list(loaded.values()))
    assert len(seen) <= 2
