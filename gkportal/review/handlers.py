"""What a feature tells the review package about its things, and how it learns of decisions.

Review knows cases, tasks and verdicts, but no feature. A feature subclasses `SubjectHandler` for the rows that
are decided one by one (an application) and `CaseHandler` for the case around them, and registers both in its
`routes.register(app)`:

    handlers.register("application", ApplicationHandler())
    handlers.register_case("declaration:", DeclarationCaseHandler())
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gkportal.core.actor import Actor
from gkportal.core.answer import YES, Answer, no

if TYPE_CHECKING:
    from gkportal.review.models import Case, ReviewTask


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """A scan. `page_url_template` holds `{page}` (from 1) and answers with a picture; empty = download only."""

    public_id: str
    file_name: str
    pages: int = 1
    page_url_template: str = ""
    download_url: str = ""

    def page_url(self, page: int) -> str:
        """Address of one page's picture, or "" when there is none."""
        return self.page_url_template.replace("{page}", str(page)) if self.page_url_template else ""


@dataclass(frozen=True, slots=True)
class CompareRow:
    """One value as claimed and as the roster has it; `differs` marks 不一致."""

    label: str
    claimed: str
    roster: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One thing that gets a verdict: a material, the approval form, or a section of the form.

    `key` is `material:<slot key>`, `section:<section key>` or `form`; it appears in URLs, so no personal data.
    `number` is what the strip shows large (7, 表), `label` its short name, `title` the full one. `changed` says
    in words what is new since the submission before ("" = nothing).
    """

    key: str
    number: str
    label: str
    title: str
    kind: str = "material"
    requirement: str = ""
    clause: str = ""
    files: Sequence[ReviewFile] = ()
    compare: Sequence[CompareRow] = ()
    changed: str = ""


@dataclass(frozen=True, slots=True)
class EligibilityLine:
    """One line of 资格判断, shaped like a line of `policy.Verdict`: `outcome` is met, not_met or unknown."""

    label: str
    requirement: str = ""
    actual: str = ""
    outcome: str = "unknown"
    first_year: int | None = None
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """资格判断: any object with these attributes will do (a `policy.Verdict` does)."""

    outcome: str
    title: str
    summary: str = ""
    lines: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference to the submission before: where, what it was, what it is."""

    place: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A dot of the stage bar. `state` is done, now or next; `when` and `who` are ready to read."""

    label: str
    state: str
    when: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class CasePerson:
    """A row of 办件详情 and of the receipt. `tone` is one of "", doing, ok, warn, bad (class of the tag)."""

    name: str
    trade: str = ""
    grade: str = ""
    mode: str = ""
    state_label: str = ""
    tone: str = ""
    feedback: str = ""
    url: str = ""


class SubjectHandler:
    """Everything the two-pane page needs from the feature, and the effects of a decision."""

    def headline(self, task: ReviewTask) -> dict[str, str]:
        """person, title, mode_label, unit_name, trade_name, case_number; missing keys are taken from the task."""
        return {}

    def items(self, task: ReviewTask) -> list[ReviewItem]:
        """The items in the order of the strip, as submitted (not as they are now)."""
        raise NotImplementedError

    def eligibility(self, task: ReviewTask) -> Any | None:
        """A verdict (title, summary, outcome, lines) or None."""
        return None

    def changes(self, task: ReviewTask) -> list[Change]:
        """What changed since the submission before; empty on the first."""
        return []

    def can_return_to_previous(self, task: ReviewTask) -> Answer:
        """Whether 退回 may go to the step before instead of the unit."""
        return YES if task.step_index > 0 else no("这是第一道审核，只能退回用人单位。")

    def decided(self, task: ReviewTask, *, actor: Actor, now: datetime) -> None:
        """Carry the decision out (states, next task, unlocked items, feedback) in the running transaction.

        `task.decision`, `task.return_to`, `task.opinion` are set. `queries.fix_verdicts(task)` gives
        {item key: remark} of the items to be corrected; empty means that everything opens.
        """
        raise NotImplementedError


class CaseHandler:
    """Everything 我的办件 needs from the feature."""

    def open_url(self, case: Case) -> str:
        """Where 修改 leads."""
        raise NotImplementedError

    def edit_answer(self, actor: Actor, case: Case) -> Answer:
        """Whether 修改 is offered, else the reason (S000-95)."""
        raise NotImplementedError

    def edit_answers(self, actor: Actor, cases: Sequence[Case]) -> dict[int, Answer]:
        """`edit_answer` for a page of cases by id. Override it when one answer needs a query."""
        return {case.id: self.edit_answer(actor, case) for case in cases}

    def stages(self, case: Case) -> list[Stage]:
        """The stage bar."""
        raise NotImplementedError

    def summary(self, case: Case) -> list[tuple[str, str]]:
        """(label, value) facts of 办件详情."""
        return []

    def rows(self, case: Case) -> list[CasePerson]:
        """The people in the case with their state and 反馈信息 (S000-104)."""
        return []

    def kind_label(self, kind: str) -> str:
        """业务名称 of a kind, for the filter."""
        return kind


_subjects: dict[str, Any] = {}
_cases: dict[str, Any] = {}


def register(subject_type: str, handler: Any) -> None:
    """Make `handler` responsible for tasks on this type; a second call replaces the first."""
    _subjects[subject_type] = handler


def register_case(kind_prefix: str, handler: Any) -> None:
    """Make `handler` responsible for cases whose kind starts with the prefix (the longest prefix wins)."""
    _cases[kind_prefix] = handler


def subject_handler(task: ReviewTask) -> Any:
    """The handler of the task's subject. LookupError when no feature registered one."""
    try:
        return _subjects[task.subject_type]
    except KeyError:
        raise LookupError(f"no review handler for {task.subject_type!r}") from None


def case_handler(kind: str) -> Any:
    """The handler of a case kind. LookupError when no feature registered one."""
    found = max((prefix for prefix in _cases if kind.startswith(prefix)), key=len, default=None)
    if found is None:
        raise LookupError(f"no case handler for {kind!r}")
    return _cases[found]
