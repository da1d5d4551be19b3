"""One opinion for many tasks: every row is its own transaction and has its own outcome (W11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gkportal.core.actor import Actor
from gkportal.core.errors import GkError, Invalid
from gkportal.review import operations
from gkportal.review.models import ReviewTask
from gkportal.review.queries import tasks_for_bulk
from gkportal.review.states import DECISIONS, MAX_BULK


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row; `text` says why not."""

    task: ReviewTask
    ok: bool
    text: str


def decide_many(
    *, actor: Actor, now: datetime, wanted: Sequence[tuple[str, int]], decision: str, opinion: str
) -> list[Outcome]:
    """Decide each (public id, version) by itself, oldest first; refusals are reported, never raised.

    Tasks that the actor may not see are left out without a word. Returning goes to the unit. Raises Invalid when
    nothing is chosen, too much is chosen, or the decision is not one for many.
    """
    if decision not in ("pass", "return"):
        raise Invalid("批量办理只能是审核通过或退回修改；审核不通过请逐件办理。")
    if not wanted:
        raise Invalid("还没有勾选任何一件，请先勾选。")
    if len(wanted) > MAX_BULK:
        raise Invalid(f"一次最多办理 {MAX_BULK} 件，现在勾选了 {len(wanted)} 件，请分批办理。")
    if decision == "return" and not opinion.strip():
        raise Invalid("批量退回必须填写办理意见，说明要修改什么。", {"opinion": ["请填写要修改什么。"]})
    versions = dict(wanted)
    return [
        _one(actor, now, task, versions[task.public_id], decision, opinion) for task in tasks_for_bulk(actor, versions)
    ]


def _one(actor: Actor, now: datetime, task: ReviewTask, version: int, decision: str, opinion: str) -> Outcome:
    try:
        decided = operations.decide(
            actor=actor, now=now, task=task, version=version, decision=decision, opinion=opinion
        )
    except GkError as error:
        return Outcome(task, False, error.message)
    return Outcome(decided, True, DECISIONS[decision])
