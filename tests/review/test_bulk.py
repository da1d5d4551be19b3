"""One opinion for many, one result per row."""

from __future__ import annotations

import pytest

from gkportal.core import clock
from gkportal.core.errors import Invalid
from gkportal.review import bulk, operations
from gkportal.review.models import ReviewTask
from tests.review.notes import Note, submit

pytestmark = pytest.mark.usefixtures("notes")


def _mixed(world):
    """Four tasks of the district: fine, with a fix, decided by a colleague, withdrawn; and one of somebody else."""
    tasks = [submit(world, name, step=1) for name in ("桑春生", "柏长河", "古秀兰", "卫永年")]
    foreign = submit(world, "鲍福全")
    now = clock.now()
    operations.set_item_verdict(
        actor=world.actor("district_reviewer"), now=now, task=tasks[1], item_key="form", verdict="fix", remark="缺章"
    )
    operations.decide(
        actor=world.actor("district_reviewer2"), now=now, task=tasks[2], version=1, decision="pass", opinion="同意"
    )
    operations.cancel_tasks(subject=("note", tasks[3].subject_id), now=now)
    return [*tasks, foreign]


def test_every_row_has_its_own_outcome(world):
    tasks = _mixed(world)
    outcomes = bulk.decide_many(
        actor=world.actor("district_reviewer"), now=clock.now(), wanted=[(task.public_id, 1) for task in tasks],
        decision="pass", opinion="同意",
    )  # fmt: skip
    assert [(o.task.person_name, o.ok) for o in outcomes] == [
        ("桑春生", True),
        ("柏长河", False),
        ("古秀兰", False),
        ("卫永年", False),
    ]
    assert "有 1 项需修改" in outcomes[1].text
    assert "薄雨晴 已于 2024-04-10 09:30 作出决定：审核通过" in outcomes[2].text
    assert "撤回" in outcomes[3].text
    assert [ReviewTask.get_by_id(task.id).state for task in tasks] == [
        "done",
        "waiting",
        "done",
        "cancelled",
        "waiting",
    ]


def test_twice_is_the_same_result(world):
    task = submit(world, step=1)
    actor, wanted = world.actor("district_reviewer"), [(task.public_id, 1)]
    for _ in range(2):
        outcome = bulk.decide_many(actor=actor, now=clock.now(), wanted=wanted, decision="pass", opinion="")[0]
        assert outcome.ok
    assert ReviewTask.get_by_id(task.id).version == 2


def test_return_needs_an_opinion_and_reject_is_not_for_many(world):
    actor, wanted = world.actor("district_reviewer"), [(submit(world, step=1).public_id, 1)]
    for decision, opinion, words in (
        ("return", " ", "必须填写办理意见"),
        ("reject", "不行", "逐件办理"),
        ("x", "", "逐件办理"),
    ):
        with pytest.raises(Invalid, match=words):
            bulk.decide_many(actor=actor, now=clock.now(), wanted=wanted, decision=decision, opinion=opinion)
    with pytest.raises(Invalid, match="还没有勾选"):
        bulk.decide_many(actor=actor, now=clock.now(), wanted=[], decision="pass", opinion="")
    with pytest.raises(Invalid, match="一次最多办理 500 件"):
        bulk.decide_many(actor=actor, now=clock.now(), wanted=[("x", 1)] * 501, decision="pass", opinion="")


def test_pages_confirm_then_tell(world, sign_in):
    tasks = _mixed(world)
    client = sign_in("district_reviewer")
    form = client.post("/review/bulk", data={"ids": [task.public_id for task in tasks], "decision": "return"})
    assert form.status_code == 200 and "批量退回修改" in form.text
    assert "2 件已被办理或撤回" in form.text and "古秀兰（薄雨晴）" in form.text and "鲍福全" not in form.text
    sent = {"tasks": [f"{tasks[0].public_id}:1", f"{tasks[1].public_id}:2"], "decision": "return"}
    refused = client.post("/review/bulk/decide", data=sent | {"opinion": ""})
    assert refused.status_code == 422 and "请填写要修改什么" in refused.text
    done = client.post("/review/bulk/decide", data=sent | {"opinion": "请补齐后重新提交"}, htmx=True)
    assert "退回修改 2 件" in done.text and "inbox-changed" in done.headers["HX-Trigger"]
    assert Note.get_by_id(tasks[1].subject_id).unlocked == ["form"]
    assert Note.get_by_id(tasks[0].subject_id).unlocked is None


def test_selection_joined_by_commas_and_all_results(world, sign_in):
    tasks = [submit(world, f"桑春{n}", step=1) for n in range(3)]
    client = sign_in("district_reviewer")
    some = client.post(
        "/review/bulk", data={"ids": f"{tasks[0].public_id},{tasks[2].public_id}", "decision": "pass"}, htmx=True
    )
    assert "桑春0" in some.text and "桑春2" in some.text and "桑春1" not in some.text
    everything = client.post("/review/bulk?grade=3", data={"all": "1", "decision": "pass"}, htmx=True)
    assert everything.text.count('name="tasks"') == 3
    assert client.post("/review/bulk?grade=1", data={"all": "1", "decision": "pass"}, htmx=True).status_code == 422
    assert client.post("/review/bulk", data={"decision": "pass"}).status_code == 422


def test_clerks_cannot(world, sign_in):
    task = submit(world, step=1)
    assert (
        sign_in("clerk")
        .post("/review/bulk/decide", data={"tasks": f"{task.public_id}:1", "decision": "pass"})
        .status_code
        == 403
    )
    other = sign_in("city_reviewer").post(
        "/review/bulk/decide", data={"tasks": f"{task.public_id}:1", "decision": "pass"}
    )
    assert "都不在您的审核范围内" in other.text
    assert ReviewTask.get_by_id(task.id).state == "waiting"
