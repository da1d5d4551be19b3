"""The form of an applicant (S000-75…83, S001-41, S002-118…123, peers.md W6, security.md R18)."""

from __future__ import annotations

import pytest

from gkportal.audit import AuditEvent
from gkportal.core import db
from gkportal.declarations.models import Application
from tests.client import client_for
from tests.declarations.conftest import Person, add, text_of


def html(response) -> str:
    return response.get_data(as_text=True)


def test_sections_fields_and_locked_values(sang: Person):
    page = sang.page()
    for words in ("基本信息", "申报与从业情况", "原持证情况", "工作简历", "工作业绩", "统一社会信用代码", "参加工作时间",
                  "从事本工种时间", "中断工种时段", "是否曾经转岗", "聘用等级", "是否在岗", "政治面貌", "移动电话"):  # fmt: skip
        assert words in page, words
    assert "990101********1011" in page and "990101198005061011" not in page
    assert 'name="name"' not in page and 'name="work_start"' not in page
    assert "2000年07月" in page and 'value="10000000101"' in page
    assert "第 1 / 1 人" in page


def test_draft_is_stored_whatever_it_says(sang: Person):
    response = sang.save(phone="一二三", trade_start="不记得了", hired_on="", appraisal_text="字" * 600)
    assert response.status_code == 303
    form = sang.row.form
    assert (form["phone"], form["trade_start"], form["hired_on"], len(form["appraisal_text"])) == (
        "一二三",
        "不记得了",
        "",
        600,
    )
    page = sang.page()
    assert 'value="一二三"' in page and 'value="不记得了"' in page
    assert "“一二三”不是电话号码，请填 11 位手机号，或带区号的座机号" in page
    assert "“不记得了”不是年月，请写成 2015-03 这样" in page
    assert "最多 500 字，现有 600 字，请缩短" in page


def test_autosave_answers_with_the_new_version_and_keeps_invalid_values(sang: Person):
    response = sang.autosave(phone="139")
    assert response.status_code == 204
    assert response.headers["HX-Trigger"] == '{"gk-saved": {"version": 2}, "form-changed": true}'
    assert sang.row.form["phone"] == "139"
    rail = html(sang.client.get(sang.url + "/rail", htmx=True))
    assert "“139”不是电话号码" in rail and 'id="m-phone" hx-swap-oob="true"' in rail


def test_an_autosave_without_a_change_writes_nothing(sang: Person):
    before = AuditEvent.select().count()
    response = sang.autosave(phone="10000000101")
    assert response.status_code == 204 and sang.row.form_version == 1
    assert AuditEvent.select().count() == before


def test_every_save_is_audited_with_before_and_after(sang: Person):
    sang.save(trade_start="2001年3月")
    event = AuditEvent.select().order_by(AuditEvent.id.desc()).first()
    assert event.verb == "application.form_saved" and event.actor_name == "穆知秋"
    assert event.detail["changes"] == [
        {"place": "trade_start", "label": "从事本工种时间", "before": "2000-07", "after": "2001-03"}
    ]


@pytest.mark.parametrize(
    "typed, stored",
    [("2010年03月", "2010-03"), ("2010.3", "2010-03"), ("201003", "2010-03"), ("2010-03-05", "2010-03"), ("2010/3", "2010-03"),
     ("2010", "2010")],
)  # fmt: skip
def test_months_may_be_typed_in_the_usual_ways(sang: Person, typed, stored):
    sang.save(trade_start=typed)
    assert sang.row.form["trade_start"] == stored


def test_text_is_cleaned_once(sang: Person):
    sang.save(appraisal_text="一\u200b贯\x00认真\r\n踏实  ")
    assert sang.row.form["appraisal_text"] == "一贯认真\n踏实"


def test_markup_in_a_value_is_shown_as_text(sang: Person):
    sang.save(appraisal_text="<script>alert(1)</script>{{7*7}}")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in sang.page()


# -- S002-118 … 123 ---------------------------------------------------------------------------


def test_affiliation_is_the_fixed_text_of_the_region(sang: Person):
    """S002-118"""
    assert "隶属关系" in sang.page() and "常州市" in text_of(sang.page())
    sang.save(affiliation="云州市")
    assert "affiliation" not in sang.row.form


def test_transferred_people_give_both_certificates(sang: Person):
    """S002-119"""
    sang.save(transferred="yes")
    assert "曾经转岗的须填转岗前、后两个工种的证书，现在只有 汽车驾驶与管理，请添加另一本" in sang.page("?check=1")
    sang.rows("certificates", "done:certificates:n1", {
        "row.certificates.n1.trade": "汽车维修工", "row.certificates.n1.grade": "4", "row.certificates.n1.number": "旧0042",
        "row.certificates.n1.issued_on": "2016年8月31日", "row.certificates.n1.issuer": "云州市劳动局"})  # fmt: skip
    assert "曾经转岗的须填" not in sang.page("?check=1")
    assert sang.row.form["certificates"][1] == {"id": "n1", "trade": "汽车维修工", "grade": "4", "number": "旧0042",
                                                "issued_on": "2016-08-31", "issuer": "云州市劳动局"}  # fmt: skip


def test_the_applied_trade_is_a_merged_one(sang: Person):
    """S002-120"""
    page = sang.page()
    assert '<option value="' in page and ">汽车驾驶与管理</option>" in page
    response = sang.save(do="choice", trade="没有这个工种")
    assert response.status_code == 409
    assert "“没有这个工种”不在工种目录中，请选归并后的新工种名称。" in html(response)
    before = sang.row.trade_code
    sang.save(do="choice", trade="汽车驾驶员")  # an old name is stored as the merged trade it became
    assert sang.row.trade_code == before and sang.page().count(">汽车驾驶与管理</option>") == 1


def test_career_runs_without_gaps_and_the_last_row_is_open(sang: Person):
    """S002-121"""
    first = sang.row_id("career")
    name = f"row.career.{first}"
    response = sang.rows(
        "career",
        f"done:career:{first}",
        {f"{name}.start": "2000年07月", f"{name}.end": "2015年02月", f"{name}.unit_post": "青溪区公路养护中心 驾驶员"},
    )
    assert response.status_code == 422
    assert "最后一行的“止”现为“2015-02”，请留空，表示至今；如有之后的经历请再加一行" in html(response)
    assert sang.row.form["career"][0]["end"] == "2015-02"
    sang.rows(
        "career",
        "done:career:b2",
        {
            "row.career.b2.start": "2015-08",
            "row.career.b2.end": "至今",
            "row.career.b2.unit_post": "青溪区公路养护中心 班长",
        },
    )
    page = sang.page("?check=1")
    assert "工作简历第 1 行：2015年03月 至 2015年07月 之间没有填写" in page
    sang.rows(
        "career",
        "done:career:c3",
        {"row.career.c3.start": "2015年3月", "row.career.c3.end": "2015年7月", "row.career.c3.unit_post": "脱产学习"},
    )
    assert [row["unit_post"] for row in sang.row.form["career"]] == [
        "青溪区公路养护中心 驾驶员",
        "脱产学习",
        "青溪区公路养护中心 班长",
    ]
    assert "之间没有填写" not in sang.page("?check=1")
    assert "至今" in text_of(sang.page())


def test_achievements_are_date_and_award(sang: Person):
    """S002-122"""
    response = sang.rows(
        "achievements",
        "done:achievements:a1",
        {"row.achievements.a1.date": "", "row.achievements.a1.award": "市级技能竞赛二等奖"},
    )
    assert response.status_code == 422 and "不能为空" in html(response)
    response = sang.rows(
        "achievements",
        "done:achievements:a1",
        {"row.achievements.a1.date": "2021年5月", "row.achievements.a1.award": "市级技能竞赛二等奖"},
    )
    assert response.status_code == 200 and "2021年05月" in html(response)


def test_achievements_must_not_be_empty(sang: Person):
    """S002-123"""
    assert "工作业绩：不能为空：请添加获奖记录，或写一段工作鉴定" in sang.page("?check=1")
    sang.save(appraisal_text="爱岗敬业，安全行车二十年。")
    assert "不能为空：请添加获奖记录" not in sang.page("?check=1")


# -- rows -------------------------------------------------------------------------------------


def test_a_row_is_added_edited_cancelled_and_deleted(sang: Person):
    added = html(sang.rows("achievements", "add:achievements"))
    assert 'aria-label="第 1 行 奖项"' in added and sang.row.form["achievements"] == []
    one = {"row.achievements.x1.date": "2020-01", "row.achievements.x1.award": "先进个人"}
    sang.rows("achievements", "done:achievements:x1", one)
    edit = html(sang.rows("achievements", "edit:achievements:x1"))
    assert 'name="row.achievements.x1.award"' in edit and 'value="先进个人"' in edit
    changed = {"row.achievements.x1.date": "2020-01", "row.achievements.x1.award": "写错了",
               "undo.achievements.x1": '{"date": "2020-01", "award": "先进个人"}'}  # fmt: skip
    sang.rows("achievements", "cancel:achievements:x1", changed)
    assert sang.row.form["achievements"] == [{"id": "x1", "date": "2020-01", "award": "先进个人"}]
    sang.rows("achievements", "delete:achievements:x1")
    assert sang.row.form["achievements"] == []


def test_cancelling_a_new_row_takes_it_away(sang: Person):
    typed = {"row.achievements.x1.date": "", "row.achievements.x1.award": "没写完"}
    sang.autosave(**{name.replace(".", "__"): value for name, value in typed.items()})
    assert sang.row.form["achievements"][0]["award"] == "没写完"
    sang.rows("achievements", "cancel:achievements:x1", typed)
    assert sang.row.form["achievements"] == []


def test_cancelling_after_a_message_brings_the_old_row_back(sang: Person):
    row_id = sang.row_id("career")
    name, undo = f"row.career.{row_id}", '{"start": "2000-07", "end": "", "unit_post": "旧值"}'
    typed = {
        f"{name}.start": "2000-07",
        f"{name}.end": "2015-02",
        f"{name}.unit_post": "新值",
        f"undo.career.{row_id}": undo,
    }
    response = sang.rows("career", f"done:career:{row_id}", typed)
    assert (
        response.status_code == 422
        and f'name="undo.career.{row_id}" value="{undo.replace(chr(34), "&#34;")}"' in html(response)
    )
    sang.rows("career", f"cancel:career:{row_id}", typed)
    assert sang.row.form["career"] == [{"id": row_id, "start": "2000-07", "end": "", "unit_post": "旧值"}]


def test_saving_the_page_keeps_a_row_that_is_still_open(sang: Person):
    sang.save(row__achievements__x1__date="2019-05", row__achievements__x1__award="优秀驾驶员", phone="10000000555")
    assert sang.row.form["achievements"] == [{"id": "x1", "date": "2019-05", "award": "优秀驾驶员"}]
    assert sang.row.form["phone"] == "10000000555"


def test_rows_work_without_scripts(sang: Person):
    first = sang.row_id("career")
    response = sang.rows("career", f"edit:career:{first}", htmx=False)
    assert response.status_code == 303 and response.location.endswith(f"?open=career:{first}#s-career")
    assert f'name="row.career.{first}.unit_post"' in html(sang.client.get(response.location.split("#")[0]))


# -- two clerks -------------------------------------------------------------------------------


def test_two_clerks_change_the_same_field_both_values_are_shown(sang: Person, app, world):
    version = sang.row.form_version
    other = Person(client_for(app, world.users["clerk2"]), world, "sang")
    other.save(version=version, phone="10000000222")
    response = sang.save(version=version, phone="10000000333", trade_start="2001-01")
    page = html(response)
    assert response.status_code == 409
    assert "有 1 处与其他经办人同时修改，没有覆盖，请逐处选择" in page
    assert 'value="10000000333"' in page
    assert "卜向南 2024-04-10 09:30 已保存为“10000000222”，与您填写的不同" in page
    assert sang.row.form["phone"] == "10000000222"
    assert sang.row.form["trade_start"] == "2001-01", "what nobody else touched is stored"
    assert '<input type="hidden" name="pending" value="phone">' in page
    undecided = {"pending": "phone", "phone": "10000000333", "version": str(sang.row.form_version)}
    again = sang.client.post(sang.url + "/form", data=undecided, headers={"X-Autosave": "1"})
    assert again.headers["HX-Trigger"] == '{"form-reload": true}' and sang.row.form["phone"] == "10000000222"
    sang.client.post(sang.url + "/form", data={**undecided, "take": "phone"})
    assert sang.row.form["phone"] == "10000000333"


def test_the_other_clerks_value_can_be_taken_over(sang: Person, app, world):
    version = sang.row.form_version
    Person(client_for(app, world.users["clerk2"]), world, "sang").save(version=version, phone="10000000222")
    response = sang.client.post(
        sang.url + "/form", data={"drop": "phone", "phone": "10000000333", "version": str(version)}
    )
    assert response.status_code == 303 and sang.row.form["phone"] == "10000000222"


def test_an_old_page_does_not_undo_what_others_saved(sang: Person, app, world):
    version = sang.row.form_version
    Person(client_for(app, world.users["clerk2"]), world, "sang").save(version=version, phone="10000000222")
    sang.save(version=version, phone="10000000101", trade_start="2002-02")
    assert sang.row.form["phone"] == "10000000222" and sang.row.form["trade_start"] == "2002-02"


def test_autosave_of_an_old_page_asks_for_a_fresh_one(sang: Person, app, world):
    version = sang.row.form_version
    Person(client_for(app, world.users["clerk2"]), world, "sang").save(version=version, phone="10000000222")
    response = sang.client.post(
        sang.url + "/form", data={"phone": "10000000333", "version": str(version)}, headers={"X-Autosave": "1"}
    )
    assert response.status_code == 204 and response.headers["HX-Trigger"] == '{"form-reload": true}'
    assert sang.row.form["phone"] == "10000000222"


def test_two_clerks_change_the_same_row(sang: Person, app, world):
    version, row_id = sang.row.form_version, sang.row_id("career")
    name = f"row.career.{row_id}"
    base = {f"{name}.start": "2000-07", f"{name}.end": ""}
    other = Person(client_for(app, world.users["clerk2"]), world, "sang")
    other.rows("career", f"done:career:{row_id}", {**base, f"{name}.unit_post": "养护中心 司机"}, version=version)
    response = sang.rows(
        "career", f"done:career:{row_id}", {**base, f"{name}.unit_post": "养护中心 驾驶员"}, version=version
    )
    page = html(response)
    assert response.status_code == 409 and 'value="养护中心 驾驶员"' in page
    assert "卜向南 2024-04-10 09:30 已保存为“2000年07月　空　养护中心 司机”，与您填写的不同" in page
    assert sang.row.form["career"][0]["unit_post"] == "养护中心 司机"


def test_a_stale_page_does_not_put_the_mode_back(sang: Person, app, world):
    version = sang.row.form_version
    other = Person(client_for(app, world.users["clerk2"]), world, "sang")
    other.save(do="choice", version=version, mode="exception")
    response = sang.save(version=version, mode="normal", phone="10000000777")
    assert response.status_code == 409
    assert "申报工种、等级或方式刚被其他经办人改动，已按最新的显示，请核对后再改。" in html(response)
    assert sang.row.mode == "exception" and sang.row.form["phone"] == "10000000777"


def test_saving_a_removed_person_says_so(sang: Person):
    url = sang.url
    version = str(sang.row.form_version)
    sang.client.post(url + "/remove")
    assert sang.client.post(url + "/form", data={"version": version, "phone": "1"}).status_code == 404


# -- grade, mode, trade, eligibility ----------------------------------------------------------


def test_changing_the_mode_judges_again(sang: Person):
    page = html(
        sang.client.post(
            sang.url + "/form", data={"do": "choice", "grade": "4", "mode": "normal", "version": "1"}, htmx=True
        )
    )
    row = sang.row
    assert (row.grade, row.mode, row.eligibility["outcome"]) == (4, "normal", "not_met")
    assert "仍要申报的理由" in page and "不符合" in page
    event = AuditEvent.select().where(AuditEvent.verb == "application.changed").get()
    assert event.detail["changes"] == {"grade": [3, 4]}


def test_a_reason_is_kept_with_its_author(sang: Person):
    sang.save(do="choice", grade="4")
    sang.save(override_reason="证书在转入途中，先行申报", grade="4")
    assert (sang.row.override_reason, sang.row.override_by_name) == ("证书在转入途中，先行申报", "穆知秋")


def test_a_mode_that_the_grade_does_not_have_is_refused_with_a_sentence(lu: Person):
    response = lu.save(do="choice", mode="transfer", grade="5")
    assert response.status_code == 409 and "转岗申报不适用于初级工，请重新选择。" in html(response)
    assert lu.row.mode == "normal"


# -- states and unlocked items ----------------------------------------------------------------


def _set(person: Person, **values: object) -> None:
    with db.write_transaction():
        Application.update(**values).where(Application.id == person.row.id).execute()


def test_in_review_nothing_can_be_changed(sang: Person):
    _set(sang, state="in_review", submission=1)
    response = sang.save(phone="10000000222")
    assert response.status_code == 403
    assert "当前状态为“待审核”，不能修改；要修改请先撤回，或等待退回。" in html(response)
    page = sang.page()
    assert 'name="phone"' not in page and "只能查看" in page and sang.row.form["phone"] == "10000000101"


def test_after_a_return_only_the_named_sections_open(sang: Person):
    _set(
        sang,
        state="returned",
        submission=1,
        unlocked=["section:career", "material:m5"],
        feedback="简历第 1 行单位名称不全",
    )
    page = sang.page()
    assert "简历第 1 行单位名称不全" in page
    assert "这次退回没有要求修改这一部分，保持原样。" in page
    assert 'name="phone"' not in page and "修改工作简历第 1 行" in page and "修改原持证情况第 1 行" not in page
    row_id = sang.row_id("career")
    sang.save(phone="10000000222", **{f"row__career__{row_id}__unit_post": "青溪区公路养护中心（原第一道班） 驾驶员"})
    assert sang.row.form["phone"] == "10000000101"
    assert sang.row.form["career"][0]["unit_post"] == "青溪区公路养护中心（原第一道班） 驾驶员"
    response = sang.save(do="choice", mode="exception")
    assert response.status_code == 403 and sang.row.mode == "normal"


def test_sections_seen_are_remembered(sang: Person):
    assert "未开始" in text_of(html(sang.client.get(sang.url + "/rail", htmx=True)))
    assert sang.client.post(sang.url + "/seen/achievements", htmx=True).status_code == 204
    assert sang.row.seen_sections == ["achievements"]
    assert "工作业绩 已看过，未完成" in text_of(html(sang.client.get(sang.url + "/rail", htmx=True)))
    assert sang.client.post(sang.url + "/seen/nonsense", htmx=True).status_code == 204
    assert sang.row.seen_sections == ["achievements"]


def test_leaving_for_the_materials_lists_what_is_missing(sang: Person):
    response = sang.save(do="next", phone="10000000333")
    page = html(response)
    assert response.status_code == 422 and "有 1 处需要修改" in page
    assert '<a href="#f-appraisal_text">工作业绩：不能为空' in page
    assert sang.row.form["phone"] == "10000000333"
    response = sang.save(do="next", appraisal_text="工作认真负责。")
    assert response.status_code == 303 and response.location.endswith("/materials")


def test_neighbours_lead_through_the_case(clerk, world):
    add(clerk, "sang", "bai", "gu")
    page = Person(clerk, world, "bai").page()
    assert "第 2 / 3 人" in page and "上一人" in page and "下一人" in page
