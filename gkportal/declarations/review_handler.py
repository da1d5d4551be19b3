"""What the review shows of an application, and what a decision does to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask, url_for

from gkportal.core.actor import Actor
from gkportal.core.answer import Answer, no
from gkportal.core.text import mask_id_number
from gkportal.declarations import projection, snapshots, states, submission, timeline_texts
from gkportal.declarations.case_handler import DeclarationCaseHandler
from gkportal.declarations.models import Application
from gkportal.review import handlers
from gkportal.review.handlers import Change, CompareRow, Eligibility, EligibilityLine, ReviewFile, ReviewItem
from gkportal.review.models import Case, ReviewTask
from gkportal.review.queries import fix_verdicts


def register(app: Flask) -> None:
    """Make this package responsible for applications and declaration cases."""
    handlers.register(submission.SUBJECT, ApplicationHandler())
    handlers.register_case("declaration:", DeclarationCaseHandler())
    timeline_texts.register(app)


def _application(task: ReviewTask) -> Application:
    return Application.get(Application.id == task.subject_id)


class ApplicationHandler(handlers.SubjectHandler):
    """Applications as submitted (their snapshot), never as they are being edited."""

    def headline(self, task: ReviewTask) -> dict[str, str]:
        """Who applies for what."""
        application = _application(task)
        shot = application.snapshot or {}
        return {
            "person": task.person_name,
            "title": f"申报{shot.get('grade', '')}",
            "mode_label": shot.get("mode", ""),
            "trade_name": shot.get("trade", ""),
            "flag_label": "提前一年" if application.flag == "early" else "",
            "unit_name": task.unit.name,
            "case_number": task.case.number,
        }

    def items(self, task: ReviewTask) -> list[ReviewItem]:
        """Sections of the form, then the numbered materials."""
        application = _application(task)
        shot = application.snapshot or {"sections": [], "materials": []}
        changed: dict[str, list[str]] = {}
        for key, change in snapshots.changes(application.snapshot, application.previous_snapshot):
            changed.setdefault(key, []).append(f"{change.place}：{change.before} → {change.after}")
        form_scan = next((m for m in shot["materials"] if m["approval_form"]), None)
        items = [_section_item(section, form_scan, changed) for section in shot["sections"]]
        fields = _texts(shot["sections"])
        return items + [_material_item(material, fields, changed) for material in shot["materials"]]

    def eligibility(self, task: ReviewTask) -> Any | None:
        """资格判断 as it was at submission."""
        application = _application(task)
        stored = (application.snapshot or {}).get("eligibility")
        if not stored:
            return None
        summary = stored["summary"]
        if application.override_reason:
            summary += f"　单位说明：{application.override_reason}"
        lines = [EligibilityLine(**line) for line in stored["lines"]]
        return Eligibility(stored["outcome"], stored["title"], summary, lines)

    def changes(self, task: ReviewTask) -> list[Change]:
        """What the unit changed since the submission before."""
        application = _application(task)
        return [change for _, change in snapshots.changes(application.snapshot, application.previous_snapshot)]

    def can_return_to_previous(self, task: ReviewTask) -> Answer:
        """The step before exists."""
        return super().can_return_to_previous(task) if task.step_index > 0 else no("这是第一道审核，只能退回用人单位。")

    def decided(self, task: ReviewTask, *, actor: Actor, now: datetime) -> None:
        """Next step, approval, return or rejection, in the running transaction."""
        application = _application(task)
        case = Case.get_by_id(task.case_id)
        if task.decision == "pass":
            _passed(task, case, application, now)
        elif task.decision == "return" and task.return_to == "previous":
            states.move(application, "pass", now=now, step_index=task.step_index - 1)
            submission.open_step(now, case, application, task.step_index - 1, interested=tuple(task.interested))
        elif task.decision == "return":
            _returned(task, application, now)
        else:
            states.move(application, "reject", now=now, step_index=None, decided_at=now, feedback=task.opinion)
        projection.project(case.id, now)


def _passed(task: ReviewTask, case: Case, application: Application, now: datetime) -> None:
    following = task.step_index + 1
    if following < len(application.route):
        states.move(application, "pass", now=now, step_index=following)
        submission.open_step(now, case, application, following, interested=tuple(task.interested))
    else:
        states.move(application, "approve", now=now, step_index=None, decided_at=now, feedback=task.opinion)


def _returned(task: ReviewTask, application: Application, now: datetime) -> None:
    """Only the named items open again; without any, everything opens (peers.md W12)."""
    fixes = fix_verdicts(task)
    titles = _titles(application)
    words = [f"{titles.get(key, key)}：{remark}" for key, remark in fixes.items()]
    feedback = "；".join([*words, task.opinion] if task.opinion else words)
    states.move(application, "return", now=now, step_index=None, unlocked=list(fixes) or None, feedback=feedback[:1000])


def _titles(application: Application) -> dict[str, str]:
    shot = application.snapshot or {"sections": [], "materials": []}
    titles = {f"section:{item['key']}": item["title"] for item in shot["sections"]}
    return titles | {
        f"material:{item['key']}": f"材料 {item['number']} {item['short_name']}" for item in shot["materials"]
    }


def _texts(sections: list[dict]) -> dict[str, list[CompareRow]]:
    """Comparison rows by field key and by section key, for the evidence of a material."""
    found: dict[str, list[CompareRow]] = {}
    for section in sections:
        rows = _compare(section)
        found[section["key"]] = rows
        for item, row in zip(section["fields"], rows, strict=False):
            found[item["key"]] = [row]
    return found


def _compare(section: dict) -> list[CompareRow]:
    rows = [_compare_field(item) for item in section["fields"]]
    rows += [CompareRow(f"第 {number} 行", text, "") for number, text in enumerate(section["rows"], 1)]
    return rows


def _compare_field(item: dict) -> CompareRow:
    text, roster = item["text"], item["roster"]
    if item["key"] == "id_number":
        text, roster = mask_id_number(text), mask_id_number(roster)
    return CompareRow(item["label"], text, roster, differs=bool(roster) and roster != text)


def _section_item(section: dict, scan: dict | None, changed: dict[str, list[str]]) -> ReviewItem:
    key = f"section:{section['key']}"
    return ReviewItem(
        key=key, number=section["number"], label=section["title"].removesuffix("情况")[:5], title=section["title"], kind="section",
        requirement="与审批表扫描件、名册逐项核对。", files=_files(scan), compare=_compare(section),
        changed="；".join(changed.get(key, [])),
    )  # fmt: skip


def _material_item(material: dict, fields: dict[str, list[CompareRow]], changed: dict[str, list[str]]) -> ReviewItem:
    key = f"material:{material['key']}"
    compare = [row for name in material["evidence"] for row in fields.get(name, [])]
    return ReviewItem(
        key=key, number=str(material["number"]), label=material["short_name"][:5], title=material["title"],
        kind="material", requirement=material["requirement"], clause=material["clause"], files=_files(material),
        compare=compare, changed="；".join(changed.get(key, [])),
    )  # fmt: skip


def _files(material: dict | None) -> list[ReviewFile]:
    if not material or not material["file"]:
        return []
    public_id = material["file"]
    pages = url_for("declarations.material_page", material_id=public_id, page=0).replace("/0.jpg", "/{page}.jpg")
    return [
        ReviewFile(
            public_id, material["file_name"], max(material["pages"], 1), pages,
            url_for("declarations.material_file", material_id=public_id, download=1),
        )
    ]  # fmt: skip
