"""Decisions: who, what, once; verdicts; effects."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gkportal.audit import AuditEvent
from gkportal.core import clock
from gkportal.core.errors import Conflict, Invalid, NotFound, Refused
from gkportal.review import operations, queries
from gkportal.review.models import Case, ItemVerdict, ReviewTask
from tests.review.notes import Note, resubmit, submit

pytestmark = pytest.mark.usefixtures("notes")


def _decide(world, task, who="department_reviewer", decision="pass", version=1, **more):
    return operations.decide(
        actor=world.actor(who), now=clock.now(), task=task, version=version, decision=decision, **more
    )


def _mark(world, task, key="material:7", verdict="fix", remark="缺 2022 年度", who="department_reviewer"):
    return operations.set_item_verdict(
        actor=world.actor(who), now=clock.now(), task=task, item_key=key, verdict=verdict, remark=remark
    )


def test_pass_moves_to_the_next_organisation_and_says_who_when(world):
    task = submit(world)
    _decide(world, task, opinion=" 材料齐全，同意上报。 ")
    steps = queries.steps_of(("note", task.subject_id))
    assert [(s.organization.name, s.state, s.decision, s.decided_by_name, s.opinion) for s in steps] == [
        ("青溪区交通运输局", "done", "pass", "费明远", "材料齐全，同意上报。"),
        ("青溪区工考办", "waiting", None, "", ""),
    ]
    case = Case.get_by_id(task.case_id)
    assert (case.state, case.holder.name, case.holder_label) == ("in_review", "青溪区工考办", "待区级审核")


def test_last_pass_ends_the_case(world):
    task = submit(world, step=1)
    _decide(world, task, "district_reviewer")
    case = Case.get_by_id(task.case_id)
    assert (case.state, case.holder_id, Note.get_by_id(task.subject_id).state) == ("done", None, "approved")


def test_return_to_unit_unlocks_only_the_named_items(world):
    task = submit(world)
    _mark(world, task)
    _mark(world, task, "form", "ok", "")
    _decide(world, task, decision="return", version=2)
    assert Note.get_by_id(task.subject_id).unlocked == ["material:7"]
    assert Case.get_by_id(task.case_id).state == "returned"


def test_return_without_items_or_opinion_is_refused(world):
    task = submit(world)
    with pytest.raises(Invalid, match="要改什么"):
        _decide(world, task, decision="return")
    _decide(world, task, decision="return", opinion="请补年度考核表")
    assert Note.get_by_id(task.subject_id).unlocked is None


def test_return_to_previous_step(world):
    first = submit(world)
    _decide(world, first)
    second = ReviewTask.get(ReviewTask.state == "waiting")
    _decide(world, second, "district_reviewer", "return", return_to="previous", opinion="请主管部门核实工龄")
    third = ReviewTask.get(ReviewTask.state == "waiting")
    assert (third.organization.name, third.step_index) == ("青溪区交通运输局", 0)


def test_first_step_cannot_return_to_previous(world):
    with pytest.raises(Invalid, match="第一道审核"):
        _decide(world, submit(world), decision="return", return_to="previous", opinion="x")


def test_reject_needs_an_opinion(world):
    task = submit(world)
    with pytest.raises(Invalid, match="必须填写办理意见"):
        _decide(world, task, decision="reject", opinion="  ")
    assert _decide(world, task, decision="reject", opinion="工作年限不足。").decision == "reject"
    assert Case.get_by_id(task.case_id).holder_label == "审核未通过"


def test_pass_is_closed_while_an_item_needs_fixing(world):
    task = submit(world)
    _mark(world, task)
    with pytest.raises(Invalid, match="有 1 项需修改，不能直接通过"):
        _decide(world, task, version=2)
    _mark(world, task, verdict="ok", remark="")
    _decide(world, task, version=2)


def test_fix_needs_a_remark_and_an_item_of_the_task(world):
    task = submit(world)
    with pytest.raises(Invalid, match="需要怎样修改"):
        _mark(world, task, remark=" ")
    with pytest.raises(NotFound):
        _mark(world, task, key="material:99")
    assert ItemVerdict.select().count() == 0


def test_item_beside_the_decision_is_stored_with_it(world):
    task = submit(world)
    _decide(world, task, decision="return", item=("material:7", "fix", "缺页"))
    assert queries.fix_verdicts(task) == {"material:7": "缺页"}


def test_nothing_is_stored_when_the_decision_is_refused(world):
    task = submit(world)
    with pytest.raises(Invalid):
        _decide(world, task, decision="pass", item=("material:7", "fix", "缺页"))
    assert (ItemVerdict.select().count(), ReviewTask.get_by_id(task.id).state) == (0, "waiting")


def test_other_organisations_do_not_even_see_it(world):
    task = submit(world)
    for who in ("district_reviewer", "other_department_reviewer", "city_reviewer", "clerk", "system_admin"):
        with pytest.raises(NotFound):
            _decide(world, task, who)
        with pytest.raises(NotFound):
            _mark(world, task, who=who)


def test_nobody_decides_what_he_submitted_himself(world):
    task = submit(world, actor="department_reviewer")
    with pytest.raises(Refused, match="避嫌"):
        _decide(world, task)
    ReviewTask.update(interested=[]).execute()
    with pytest.raises(Refused, match="避嫌"):
        _decide(world, task)


def test_same_decision_again_is_the_same_answer_and_one_event(world):
    task = submit(world, step=1)
    first = _decide(world, task, "district_reviewer")
    again = _decide(world, task, "district_reviewer")
    assert (first.id, first.version) == (again.id, again.version)
    assert AuditEvent.select().where(AuditEvent.verb == "review.pass").count() == 1


def test_second_reviewer_is_told_who_decided_what_when(world):
    task = submit(world, step=1)
    _decide(world, task, "district_reviewer", opinion="同意")
    with pytest.raises(Conflict, match=r"祝长青 已于 2024-04-10 09:30 作出决定：审核通过"):
        _decide(world, task, "district_reviewer2", "reject", opinion="不同意")
    with pytest.raises(Conflict, match="祝长青"):
        _mark(world, task, who="district_reviewer2")


def test_another_decision_of_the_same_person_is_a_conflict(world):
    task = submit(world, step=1)
    _decide(world, task, "district_reviewer")
    with pytest.raises(Conflict, match="祝长青"):
        _decide(world, task, "district_reviewer", "reject", opinion="反悔")


def test_withdrawn_task_cannot_be_decided(world):
    task = submit(world)
    assert operations.cancel_tasks(subject=("note", task.subject_id), now=clock.now()) == 1
    with pytest.raises(Conflict, match="撤回"):
        _decide(world, task)
    assert operations.cancel_tasks(subject=("note", task.subject_id), now=clock.now()) == 0


def test_page_from_before_a_colleagues_marks_is_stale(world):
    task = submit(world, step=1)
    _mark(world, task, verdict="ok", who="district_reviewer2")
    with pytest.raises(Conflict, match="薄雨晴 于 2024-04-10 09:30 修改了这件的审核意见"):
        _decide(world, task, "district_reviewer", version=1)
    _decide(world, task, "district_reviewer", version=2)


def test_own_marks_do_not_make_the_own_page_stale(world):
    task = submit(world)
    _mark(world, task, verdict="ok", remark="")
    _mark(world, task, "form", verdict="na", remark="")
    _decide(world, task, version=1)


def test_event_tells_items_opinion_and_step(world):
    task = submit(world)
    _mark(world, task)
    _decide(world, task, decision="return", version=2, opinion="请补齐")
    event = AuditEvent.get(AuditEvent.verb == "review.return")
    assert (event.actor_name, event.org_name, event.case_id) == ("费明远", "青溪区交通运输局", task.case_id)
    assert event.detail["items"] == [{"key": "material:7", "title": "原技术等级岗位证书", "remark": "缺 2022 年度"}]
    assert (event.detail["opinion"], event.detail["step"], event.detail["person"]) == (
        "请补齐",
        "主管部门审核",
        "桑春生",
    )


def test_failing_effect_undoes_everything(world, monkeypatch):
    task = submit(world)

    def fail(*args, **kwargs):
        raise RuntimeError("disk")

    monkeypatch.setattr("tests.review.notes.give", fail)
    with pytest.raises(RuntimeError):
        _decide(world, task)
    assert ReviewTask.get_by_id(task.id).state == "waiting"
    assert AuditEvent.select().where(AuditEvent.verb == "review.pass").count() == 0


def test_earlier_verdicts_stay_with_their_submission(world):
    task = submit(world)
    _mark(world, task)
    _decide(world, task, decision="return", version=2)
    again = resubmit(Note.get_by_id(task.subject_id), clock.now() + timedelta(hours=2))
    assert queries.verdicts_of(again) == {}
    earlier = queries.earlier_verdicts(again)["material:7"]
    assert [(row.by_name, row.verdict, row.remark) for row in earlier] == [("费明远", "fix", "缺 2022 年度")]
