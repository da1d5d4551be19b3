"""The page of a declaration (S000-99…107, S001-38…42)."""

from __future__ import annotations

from tests.declarations.conftest import Person, add, application_of, text_of


def test_before_anybody_is_added_the_page_offers_to_add(clerk):
    html = clerk.get("/declarations/level").get_data(as_text=True)
    assert "还没有申报人员" in html and "添加申报人员" in html
    assert "青溪区公路养护中心" in html and "4月15日（星期一）23:59 截止" in html and "常州市" in html


def test_added_people_stand_in_the_list_with_their_choices(clerk, world):
    assert add(clerk, "sang", "bai", mode_bai="exception").status_code == 303
    html = clerk.get("/declarations/level").get_data(as_text=True)
    text = text_of(html)
    assert "桑春生" in text and "柏长河" in text and "990101********" in text
    assert "汽车驾驶与管理 高级工 正常申报" in text
    assert "公路养护 高级工 破格申报" in text
    assert "2024041000000001" in text


def test_the_page_of_a_kind_without_its_window_says_why_nobody_can_be_added(clerk, world):
    from gkportal.core import db
    from gkportal.rounds.models import RoundWindow

    with db.write_transaction():
        RoundWindow.delete().where(RoundWindow.kind == "level").execute()
    html = clerk.get("/declarations/level").get_data(as_text=True)
    assert "现在不能添加申报人员" in html and "本年度批次没有开放这项申报。" in html
    assert clerk.get("/declarations/level/picker").status_code == 403


def test_six_tasks_open_in_place_and_name_the_next_step(sang: Person):
    row = text_of(sang.client.get(sang.url + "/tasks", htmx=True).get_data(as_text=True))
    for title in ("1 基本信息", "2 原持证情况", "3 工作简历与业绩", "4 审批表打印", "5 材料列表", "6 提交前核对"):
        assert title in row
    assert "下一步：工作业绩：不能为空" in row
    assert "1 本：汽车驾驶与管理 中级工" in row
    assert "2/6" in row


def test_people_are_found_by_state_name_and_initials(clerk, world):
    add(clerk, "sang", "bai")
    url = f"/declarations/case/{application_of(world, 'sang').case.public_id}"
    for name in ("柏长", "bch", "baichang"):
        text = text_of(clerk.post(url, data={"name": name}).get_data(as_text=True))
        assert "990101********1023" in text and "990101********1011" not in text, name
    assert "990101********1023" in clerk.post(url, data={"state": "draft"}).get_data(as_text=True)
    nobody = clerk.post(url, data={"name": "张"}).get_data(as_text=True)
    assert "没有符合筛选条件的人员" in nobody


def test_removing_a_person_takes_form_and_prints_along(sang: Person, world):
    case = sang.row.case
    response = sang.client.post(sang.url + "/remove", htmx=True)
    assert response.status_code == 204 and "applicants-changed" in response.headers["HX-Trigger"]
    from gkportal.audit import AuditEvent
    from gkportal.declarations.models import Application

    assert Application.select().count() == 0
    event = AuditEvent.select().order_by(AuditEvent.id.desc()).first()
    assert (event.verb, event.detail["name"], event.case_id) == ("application.removed", "桑春生", case.id)
    assert "还没有申报人员" in sang.client.get("/declarations/level").get_data(as_text=True)


def test_a_submitted_person_stays_when_several_are_removed(clerk, world):
    from gkportal.core import db
    from gkportal.declarations.models import Application

    add(clerk, "sang", "bai")
    with db.write_transaction():
        Application.update(state="in_review", submission=1).where(Application.worker == world.workers["bai"]).execute()
    case = application_of(world, "sang").case.public_id
    ids = ",".join(application_of(world, key).public_id for key in ("sang", "bai"))
    text = text_of(
        clerk.post(f"/declarations/case/{case}/remove", data={"ids": ids}, follow_redirects=True).get_data(as_text=True)
    )
    assert "已删除 1 人。未删除：柏长河（当前状态为“待审核”，不能删除；只有待提交的人员可以删除。）" in text
    assert [row.worker_name for row in Application.select()] == ["柏长河"]


def test_removing_nobody_is_said(sang: Person):
    case = sang.row.case.public_id
    response = sang.client.post(f"/declarations/case/{case}/remove", data={"ids": ""})
    assert response.status_code == 422
    assert "还没有选择人员，请先在列表中勾选。" in response.get_data(as_text=True)


def test_another_units_case_and_people_do_not_exist(sang: Person, sign_in):
    case = sang.row.case.public_id
    for name in ("sibling_clerk", "foreign_clerk", "city_clerk"):
        other = sign_in(name)
        for url in (f"/declarations/case/{case}", sang.url, sang.url + "/check", sang.url + "/approval-form",
                    sang.url + "/approval-form.pdf", sang.url + "/tasks", f"/declarations/case/{case}/picker"):  # fmt: skip
            assert other.get(url).status_code == 404, (name, url)
        for url in (sang.url + "/form", sang.url + "/rows/career", sang.url + "/remove", sang.url + "/approval-form"):
            assert other.post(url, data={"do": "save"}).status_code == 404, (name, url)


def test_a_draft_is_not_shown_to_reviewers(sang: Person, sign_in):
    assert sign_in("department_reviewer").get(sang.url + "/check").status_code == 404
    assert sign_in("city_reviewer").get(sang.url + "/approval-form.pdf").status_code == 404


def test_the_separated_administrators_have_no_declarations(clerk, sign_in):
    for name in ("system_admin", "security_admin", "audit_admin"):
        assert sign_in(name).get("/declarations/level").status_code == 403


def test_case_page_costs_the_same_queries_for_one_and_for_thirty(clerk, world, count_queries, colleagues):
    add(clerk, "sang")
    url = f"/declarations/case/{application_of(world, 'sang').case.public_id}"
    with count_queries() as one:
        assert clerk.get(url).status_code == 200
    data = {"do": "add", "pick": [worker.public_id for worker in colleagues(29)]}
    assert clerk.post("/declarations/level/picker", data=data).status_code == 303
    with count_queries() as thirty:
        html = clerk.get(url).get_data(as_text=True)
    assert "共 <strong>30</strong> 人" in html
    assert len(thirty) == len(one), (len(one), len(thirty))
    assert len(one) <= 40


def test_the_check_of_several_people_lists_what_stands_against_each(clerk, world):
    add(clerk, "sang", "bai")
    case = application_of(world, "sang").case.public_id
    ids = ",".join(application_of(world, key).public_id for key in ("sang", "bai"))
    text = text_of(clerk.post(f"/declarations/case/{case}/check", data={"ids": ids}).get_data(as_text=True))
    assert "共 2 人，0 人齐全" in text
    assert text.count("工作业绩：不能为空：请添加获奖记录，或写一段工作鉴定") == 2
    assert text.count("审批表：还没有打印") == 2
