"""常用意见: one's own beside the pack's."""

from __future__ import annotations

import pytest

from gkportal.core.errors import Invalid
from gkportal.review import phrases
from gkportal.review.models import OpinionPhrase
from tests.review.notes import submit

pytestmark = pytest.mark.usefixtures("notes")


def test_own_phrases_come_first_and_only_for_oneself(world, sign_in):
    task = submit(world)
    client = sign_in("department_reviewer")
    answer = client.post("/review/phrases", data={"decision": "fix", "text": "  缺核对章\n"}, htmx=True)
    assert answer.status_code == 200 and "phrases-changed" in answer.headers["HX-Trigger"]
    canned = phrases.canned(world.actor("department_reviewer"), task)
    assert canned["fix"][:2] == ["缺核对章", "材料不齐，请按清单补齐后重新提交。"]
    assert "工作年限或等级年限未达到要求。" in canned["reject"]
    assert "缺核对章" not in phrases.canned(world.actor("district_reviewer"), task)["fix"]
    assert "缺核对章" in client.get(f"/review/{task.public_id}").text


def test_add_is_checked_and_twice_is_once(world, sign_in):
    client = sign_in("department_reviewer")
    for data, words in (
        ({"decision": "fix", "text": " "}, "请填写常用意见的内容"),
        ({"decision": "x", "text": "好"}, "用在哪里"),
    ):
        answer = client.post("/review/phrases", data=data)
        assert answer.status_code == 422 and words in answer.text
    for _ in range(2):
        assert client.post("/review/phrases", data={"decision": "pass", "text": "同意上报"}).status_code == 303
    assert OpinionPhrase.select().count() == 1


def test_thirty_are_enough(world):
    actor = world.actor("department_reviewer")
    for number in range(30):
        phrases.add_phrase(actor=actor, decision="pass", text=f"同意 {number}")
    with pytest.raises(Invalid, match="最多 30 条"):
        phrases.add_phrase(actor=actor, decision="pass", text="又一条")


def test_only_ones_own_can_be_deleted(world, sign_in):
    phrase = phrases.add_phrase(actor=world.actor("department_reviewer"), decision="pass", text="同意")
    url = f"/review/phrases/{phrase.public_id}/delete"
    assert sign_in("district_reviewer").post(url).status_code == 404
    assert sign_in("clerk").post(url).status_code == 403
    assert sign_in("department_reviewer").post(url).status_code == 303
    assert OpinionPhrase.select().count() == 0
