"""我的办件: list, scope, tabs, filters, progress, detail, receipt, history."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from pypdf import PdfReader

from gkportal.audit import AuditEvent
from gkportal.core import clock
from gkportal.review import operations, queries
from gkportal.review.models import Case
from tests.review.notes import submit

pytestmark = pytest.mark.usefixtures("notes")


def _draft(world, who="clerk", unit="unit", now=None):
    return operations.open_case(
        actor=world.actor(who), now=now or clock.now(), kind="note", title="记事审核", round=world.round,
        pack_id="changzhou/2024", unit=world.orgs[unit],
    )  # fmt: skip


def test_columns_number_state_holder_and_actions(world, sign_in):
    draft = _draft(world)
    task = submit(world)
    page = sign_in("clerk").get("/cases").text
    for text in ("办件名称", "办件编号", "申请时间", "当前状态", "现在由谁办理", "扩展信息", "操作", draft.number, "2024-04-10 09:30",
                 "暂存", "本单位", "待主管部门审核", "青溪区交通运输局", "查看进度", "办件详情", "全部办件：2 件"):  # fmt: skip
        assert text in page, text
    assert draft.number == "2024041000000001" and len(draft.number) == 16
    assert f'aria-label="修改 {draft.number}"' in page
    assert f'aria-label="修改 {task.case.number}"' not in page


def test_scope_own_unit_and_submitted_ones_below(world, sign_in):
    draft, task = _draft(world), submit(world)
    for who, sees_draft, sees_case in (
        ("clerk", 200, 200), ("clerk2", 200, 200), ("unit_admin", 200, 200), ("sibling_clerk", 404, 404), ("foreign_clerk", 404, 404),
        ("department_reviewer", 404, 200), ("district_reviewer", 404, 200), ("city_reviewer", 404, 200), ("round_admin", 404, 200),
        ("other_department_reviewer", 404, 404), ("other_district_reviewer", 404, 404), ("city_department_reviewer", 404, 404),
        ("system_admin", 403, 403), ("security_admin", 403, 403), ("audit_admin", 403, 403),
    ):  # fmt: skip
        client = sign_in(who)
        for tail in ("", "/progress"):
            assert client.get(f"/cases/{draft.public_id}{tail}").status_code == sees_draft, who
            assert client.get(f"/cases/{task.case.public_id}{tail}").status_code == sees_case, who
        listed = client.get("/cases").text
        assert (task.case.number in listed) == (sees_case == 200), who
        assert (draft.number in listed) == (sees_draft == 200), who


def test_tabs_and_their_counts(world):
    from gkportal.review import caselist

    _draft(world)
    submit(world)
    operations.decide(
        actor=world.actor("district_reviewer"), now=clock.now(), task=submit(world, step=1), version=1, decision="pass"
    )
    operations.decide(
        actor=world.actor("department_reviewer"),
        now=clock.now(),
        task=submit(world),
        version=1,
        decision="return",
        opinion="补",
    )
    counts = caselist.tab_counts(world.actor("clerk"), caselist.CaseFilters())
    assert counts == {"all": 4, "mine": 2, "review": 1, "done": 1}
    assert caselist.tab_counts(world.actor("department_reviewer"), caselist.CaseFilters())["mine"] == 1


def test_filters(world, sign_in):
    first, second = _draft(world), submit(world).case
    client = sign_in("clerk")
    for query, found in (
        (f"number={first.number}", first), (f"number={second.number[-4:]}", second), ("extra=1 人", second), ("kind=note&number=0001", first),
    ):  # fmt: skip
        page = client.get(f"/cases?{query}").text
        assert found.number in page, query
        assert ({first.number, second.number} - {found.number}).pop() not in page, query
    for query in ("number=12", "number=abc", "number=９９９９"):
        answer = client.get(f"/cases?{query}")
        assert "办件编号应为 16 位数字或后 4 位" in answer.text and "没有符合条件的办件" in answer.text
    assert "没有符合条件的办件" in client.get("/cases?kind=other").text


@pytest.mark.parametrize("rows", [1, 30])
def test_a_page_costs_the_same_number_of_queries(world, sign_in, count_queries, rows):
    for _ in range(rows):
        _draft(world)
    client = sign_in("clerk")
    client.get("/cases")
    with count_queries() as seen:
        page = client.get("/cases?per_page=50").text
    assert page.count("查看进度") >= rows
    assert len(seen) == CASES_QUERIES, "\n".join(seen)


CASES_QUERIES = 10


def test_progress_row_opens_in_place_and_closes(world, sign_in):
    task = submit(world, now=clock.now() - timedelta(days=4))
    client = sign_in("clerk")
    url = f"/cases/{task.case.public_id}/progress"
    row = client.get(url, htmx=True)
    assert row.text.lstrip().startswith(f'<tr class="gk-detail" id="p-{task.case.public_id}"')
    for text in ("单位提交", "青溪区交通运输局", "已 4 天", "4月6日 09:30", "一般", "个工作日内办结", "新建办件", "收起", 'hx-swap-oob="true"',
                 "已提交审核，不能修改。", "打印回执"):  # fmt: skip
        assert text in row.text, text
    assert "hidden></tr>" in client.get(url + "?close=1", htmx=True).text
    assert "<title>" in client.get(url).text


def test_timeline_tells_opinions_and_groups_people(world):
    from gkportal.review import timeline

    task = submit(world)
    operations.decide(
        actor=world.actor("department_reviewer"), now=clock.now(), task=task, version=1, decision="return",
        item=("material:7", "fix", "缺 2022 年度"), opinion="请尽快",
    )  # fmt: skip
    entries = timeline.for_case(Case.get_by_id(task.case_id))
    assert [(e.org_name, e.actor_name, e.text, e.tone) for e in entries] == [
        ("青溪区交通运输局", "费明远", "退回修改　桑春生", "warn"),
        ("青溪区公路养护中心", "穆知秋", "新建办件", ""),
    ]
    assert entries[0].opinion == "原技术等级岗位证书：缺 2022 年度\n请尽快"


def test_same_decisions_on_several_people_are_told_together(world):
    from gkportal.core import db
    from gkportal.review import timeline
    from tests.review.notes import Note, give

    task = submit(world, "桑春生", step=1)
    case = Case.get_by_id(task.case_id)
    with db.write_transaction():
        for name in ("柏长河", "古秀兰"):
            note = Note.create(
                case_id=case.id, author=name, text="", submission=1, organizations=[0, world.orgs["district"].id]
            )
            give(note, 1, clock.now())
    for waiting in queries.visible_to(world.actor("district_reviewer")):
        operations.decide(
            actor=world.actor("district_reviewer"),
            now=clock.now(),
            task=waiting,
            version=1,
            decision="pass",
            opinion="同意",
        )
    assert timeline.for_case(case)[0].text == "区级审核通过　3 人（桑春生、柏长河、古秀兰）"


def test_detail_names_reviewer_organisation_decision_time(world, sign_in):
    task = submit(world)
    operations.decide(
        actor=world.actor("department_reviewer"),
        now=clock.now(),
        task=task,
        version=1,
        decision="pass",
        opinion="材料齐全",
    )
    page = sign_in("clerk").get(f"/cases/{task.case.public_id}").text
    for text in ("谁审核、谁签字、谁负责", "费明远", "青溪区交通运输局", "审核通过", "材料齐全", "2024-04-10 09:30", "主管部门审核",
                 "100****0016", "承诺书", "同意", "反馈信息", "2024 年度等级考评"):  # fmt: skip
        assert text in page, text


def test_receipt_is_a_pdf_with_number_and_people_and_is_recorded(world, sign_in):
    task = submit(world)
    answer = sign_in("clerk").get(f"/cases/{task.case.public_id}/receipt.pdf")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    for wanted in (task.case.number, "记事审核", "青溪区公路养护中心", "桑春生"):
        assert wanted in text, wanted
    assert (
        AuditEvent.select().where((AuditEvent.verb == "case.receipt") & (AuditEvent.case_id == task.case_id)).count()
        == 1
    )
    assert sign_in("sibling_clerk").get(f"/cases/{task.case.public_id}/receipt.pdf").status_code == 404
    refused = sign_in("clerk").get(f"/cases/{_draft(world).public_id}/receipt.pdf")
    assert refused.status_code == 403 and "还没有提交" in refused.text


def test_history_has_finished_and_earlier_years(world, sign_in):
    old = _draft(world, now=datetime(2023, 5, 6, 2, 0, tzinfo=UTC))
    finished = submit(world, step=1)
    operations.decide(
        actor=world.actor("district_reviewer"), now=clock.now(), task=finished, version=1, decision="pass"
    )
    running = submit(world)
    client = sign_in("clerk")
    history = client.get("/cases/history").text
    assert old.number in history and finished.case.number in history and running.case.number not in history
    assert finished.case.number not in client.get("/cases/history?year=2023").text
    current = client.get("/cases").text
    assert old.number in current and finished.case.number in current, (
        "unfinished old and finished new ones stay in the list"
    )


def test_held_since_moves_only_with_the_holder(world):
    case = submit(world).case
    later = clock.now() + timedelta(days=2)
    before = Case.get_by_id(case.id)
    operations.project_case(
        case_id=case.id,
        now=later,
        state="in_review",
        holder_id=before.holder_id,
        holder_label=before.holder_label,
        extra="2 人",
    )
    assert Case.get_by_id(case.id).held_since == before.held_since
    operations.project_case(
        case_id=case.id, now=later, state="done", holder_id=None, holder_label="审核已通过", extra="2 人"
    )
    assert Case.get_by_id(case.id).held_since == later


def test_first_submission_sets_the_application_time_once(world):
    case = submit(world).case
    first = Case.get_by_id(case.id).submitted_at
    operations.record_submission(
        actor=world.actor("clerk"), now=clock.now() + timedelta(days=1), case=case, contact_name="卜向南",
        contact_phone="10000000017", pledge_agreed=True, pledge_text_hash="y",
    )  # fmt: skip
    again = Case.get_by_id(case.id)
    assert (again.submitted_at, again.contact_name) == (first, "卜向南")
