"""What the two-pane page shows, gathered in one place and in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gkportal.core.actor import Actor
from gkportal.core.answer import Answer
from gkportal.review import handlers, inbox, phrases, queries, rules
from gkportal.review.handlers import ReviewFile, ReviewItem
from gkportal.review.labels import labels_of
from gkportal.review.models import ItemVerdict, ReviewTask
from gkportal.review.states import VERDICTS


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item with its verdict. `mark` is ok, fix, na or "" (未审)."""

    item: ReviewItem
    mark: str
    remark: str
    by_name: str
    state_label: str


@dataclass(slots=True)
class Strip:
    """The items, where we are, and what the verdicts allow: all that a saved verdict changes."""

    task: ReviewTask
    items: list[ItemView]
    current: ItemView | None
    before: str
    after: str
    open_answer: Answer
    pass_answer: Answer
    previous_answer: Answer
    previous_label: str
    suggestion: str
    fix_labels: str
    steps: list[ReviewTask]

    @property
    def done(self) -> int:
        """How many items have a verdict."""
        return sum(1 for view in self.items if view.mark)

    @property
    def fixes(self) -> int:
        """How many items are marked 需修改."""
        return sum(1 for view in self.items if view.mark == "fix")


@dataclass(slots=True)
class Bench:
    """Everything on the page."""

    strip: Strip
    headline: dict[str, str]
    eligibility: Any
    changes: list[Any]
    steps: list[ReviewTask]
    earlier: list[ItemVerdict]
    file: ReviewFile | None
    file_index: int
    page: int
    place: inbox.Place | None
    canned: dict[str, list[str]] = field(default_factory=dict)


def strip(actor: Actor, task: ReviewTask, item_key: str = "") -> Strip:
    """The item strip and the decision bar. `item_key` unknown or empty: the first without a verdict."""
    handler = handlers.subject_handler(task)
    verdicts = queries.verdicts_of(task)
    views = [_view(item, verdicts.get(item.key)) for item in handler.items(task)]
    keys = [view.item.key for view in views]
    if item_key in keys:
        here = keys.index(item_key)
    else:
        here = next((index for index, view in enumerate(views) if not view.mark), 0)
    fixes = {view.item.key: view.remark for view in views if view.mark == "fix"}
    steps = [step for step in queries.steps_of((task.subject_type, task.subject_id)) if step.id < task.id]
    return Strip(
        task=task,
        items=views,
        current=views[here] if views else None,
        before=keys[here - 1] if here > 0 else "",
        after=keys[here + 1] if here + 1 < len(keys) else "",
        open_answer=rules.can_review(actor, task),
        pass_answer=rules.can_pass(actor, task, fixes),
        previous_answer=handler.can_return_to_previous(task),
        previous_label=next(
            (s.organization.name for s in reversed(steps) if s.step_index < task.step_index), "上一审核环节"
        ),
        suggestion="return" if fixes else "pass",
        fix_labels="、".join(view.item.number or view.item.label for view in views if view.mark == "fix"),
        steps=steps,
    )


def _view(item: ReviewItem, verdict: ItemVerdict | None) -> ItemView:
    if verdict is None:
        return ItemView(item, "", "", "", "未审")
    return ItemView(item, verdict.verdict, verdict.remark, verdict.by_name, VERDICTS[verdict.verdict])


def build(
    actor: Actor,
    task: ReviewTask,
    filters: inbox.InboxFilters,
    *,
    item_key: str = "",
    file_index: int = 0,
    page: int = 1,
) -> Bench:
    """The whole page for one task."""
    handler = handlers.subject_handler(task)
    parts = strip(actor, task, item_key)
    files = list(parts.current.item.files) if parts.current else []
    index = file_index if 0 <= file_index < len(files) else 0
    file = files[index] if files else None
    key = parts.current.item.key if parts.current else ""
    return Bench(
        strip=parts,
        headline=headline(task),
        eligibility=handler.eligibility(task),
        changes=handler.changes(task),
        steps=[step for step in parts.steps if step.state == "done"],
        earlier=queries.earlier_verdicts(task).get(key, []),
        file=file,
        file_index=index,
        page=min(max(page, 1), file.pages) if file else 1,
        place=inbox.place(actor, task, filters) if task.state == "waiting" else None,
        canned=phrases.canned(actor, task) if parts.open_answer else {},
    )


def headline(task: ReviewTask) -> dict[str, str]:
    """Who and what the page is about; the feature's words over those of the task."""
    labels = labels_of(task.case.pack_id)
    own = {
        "person": task.person_name,
        "title": f"申报{labels.grade(task.grade)}" if task.grade else task.case.title,
        "mode_label": labels.mode(task.mode) if task.mode else "",
        "unit_name": task.unit.name,
        "trade_name": labels.trade(task.trade_code) if task.trade_code else "",
        "case_number": task.case.number,
    }
    return own | handlers.subject_handler(task).headline(task)
