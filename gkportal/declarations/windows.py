"""Deadlines of declarations: what the round's window, the correction window and a late exception allow."""

from __future__ import annotations

from datetime import datetime

from gkportal.core.answer import Answer
from gkportal.declarations import states
from gkportal.declarations.models import Application
from gkportal.review.models import Case
from gkportal.rounds import queries as rounds
from gkportal.rounds.rules import WindowView, can_correct, can_submit, view_window


def window_view(case: Case, kind: str, now: datetime) -> WindowView | None:
    """The window of the case's round and kind at `now`; None when the round has none."""
    window = rounds.windows_of(case.round_id).get(kind) if case.round_id else None
    return view_window(window, now) if window else None


def window_answer(application: Application, case: Case, now: datetime) -> Answer:
    """Whether this application may be submitted at `now`: returned ones by the correction window, others by the
    submission window, both by a late exception for the case (S002-112…115; docs/decisions/0004)."""
    return window_answers([application], case, now)[application.id]


def window_answers(applications: list[Application], case: Case, now: datetime) -> dict[int, Answer]:
    """`window_answer` for many people of one case by application id; two queries."""
    windows = rounds.windows_of(case.round_id) if case.round_id else {}
    late = rounds.exception_until(case.id, now)
    answers = {}
    for item in applications:
        rule = can_correct if item.state == states.RETURNED else can_submit
        answers[item.id] = rule(windows.get(item.kind), now, late_until=late)
    return answers
