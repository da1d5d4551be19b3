"""Whether people are ready to be submitted, and what is missing: one place for the case page, the check page and
the submission itself. A constant number of queries for any number of people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gkportal.core.answer import Answer
from gkportal.declarations import dossiers, materials, prints, windows
from gkportal.declarations.dossiers import Dossier
from gkportal.declarations.materials import Board
from gkportal.declarations.models import Application
from gkportal.policy import Verdict


@dataclass(slots=True)
class Readiness:
    """One person: form problems, print state, material board, eligibility, window; `blockers` in words."""

    dossier: Dossier
    board: Board
    print_status: prints.PrintStatus
    verdict: Verdict
    window: Answer
    blockers: list[str] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Nothing stands against submitting."""
        return not self.blockers


def check(applications: list[Application], case, now: datetime) -> dict[int, Readiness]:
    """Readiness by application id."""
    files = materials.current_materials([item.id for item in applications])
    versions = materials.version_counts([item.id for item in applications])
    loaded = dossiers.load(applications)
    statuses = prints.print_statuses(list(loaded.values()))
    answers = windows.window_answers(applications, case, now)
    found = {}
    for item in applications:
        dossier = loaded[item.id]
        board = materials.build_board(dossier, files[item.id], versions, statuses[item.id], None)
        verdict = evaluate(dossier)
        one = Readiness(dossier, board, statuses[item.id], verdict, answers[item.id])
        one.blockers = _blockers(one)
        found[item.id] = one
    return found


def evaluate(dossier: Dossier) -> Verdict:
    """The eligibility of the application as it stands."""
    application = dossier.application
    return dossier.pack.evaluate(
        dossier.facts, kind=application.kind, grade=application.grade, mode=application.mode,
        flag=application.flag or None, trade_code=application.trade_code, year=dossier.year,
    )  # fmt: skip


def _blockers(one: Readiness) -> list[str]:
    found = [] if one.window else [one.window.reason]
    if one.verdict.outcome == "not_met" and not one.dossier.application.override_reason:
        found.append(f"申报资格：{one.verdict.summary}")
    found += [problem.message for problem in one.dossier.errors]
    if one.dossier.pack.printing.before_submit and one.print_status.state != "current":
        found.append(
            "审批表：还没有打印" if one.print_status.state == "none" else "审批表：打印后内容有改动，请重新打印"
        )
    return found + one.board.missing
