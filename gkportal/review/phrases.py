"""常用意见: the pack's and one's own."""

from __future__ import annotations

from gkportal.core.actor import Actor
from gkportal.core.db import write_transaction
from gkportal.core.errors import Invalid, NotFound
from gkportal.core.text import clean_line
from gkportal.review.labels import labels_of
from gkportal.review.models import OpinionPhrase, ReviewTask
from gkportal.review.queries import phrases_of
from gkportal.review.states import MAX_PHRASE, MAX_PHRASES

USES = {"fix": "需修改", "pass": "审核通过", "return": "退回修改", "reject": "审核不通过"}


def canned(actor: Actor, task: ReviewTask) -> dict[str, list[str]]:
    """Opinions to offer by use: one's own first, then the pack's, none twice. One query."""
    found: dict[str, list[str]] = {use: [] for use in USES}
    for phrase in phrases_of(actor):
        found[phrase.decision].append(phrase.text)
    labels = labels_of(task.case.pack_id)
    for use, texts in found.items():
        texts.extend(text for text in labels.opinions(use, task.step_key) if text not in texts)
    return found


def add_phrase(*, actor: Actor, decision: str, text: str) -> OpinionPhrase:
    """Keep a phrase of one's own. Raises Invalid. Adding the same twice keeps one."""
    text = clean_line(text, MAX_PHRASE)
    if decision not in USES:
        raise Invalid("请选择这条意见用在哪里。", {"decision": ["请选择一种用途。"]})
    if not text:
        raise Invalid("请填写常用意见的内容。", {"text": ["请填写内容。"]})
    with write_transaction():
        own = phrases_of(actor)
        same = next((row for row in own if (row.decision, row.text) == (decision, text)), None)
        if same:
            return same
        if len(own) >= MAX_PHRASES:
            raise Invalid(f"常用意见最多 {MAX_PHRASES} 条，请先删除不用的。", {"text": ["已满，请先删除不用的。"]})
        return OpinionPhrase.create(user_id=actor.user_id, decision=decision, text=text)


def remove_phrase(*, actor: Actor, public_id: str) -> None:
    """Drop one of one's own phrases. Raises NotFound for anybody else's."""
    with write_transaction():
        mine = (OpinionPhrase.public_id == public_id) & (OpinionPhrase.user_id == actor.user_id)
        if not OpinionPhrase.delete().where(mine).execute():
            raise NotFound("这条常用意见已不存在，请刷新后再看。")
