"""What was submitted, frozen in words: the review shows this, and compares two submissions with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gkportal.declarations.dossiers import BOUND, Dossier
from gkportal.declarations.forms_data import display, field_choices
from gkportal.declarations.materials import Board
from gkportal.policy import FormField, FormSection, Verdict
from gkportal.review.handlers import Change


def take(dossier: Dossier, board: Board, verdict: Verdict, print_version: int | None) -> dict[str, Any]:
    """The submission as JSON: sections and materials in words, eligibility, version of the print."""
    values = dossier.values
    application = dossier.application
    return {
        "person": application.worker_name,
        "trade": dossier.pack.trade_name(application.trade_code),
        "grade": dossier.pack.grade_label(application.grade),
        "mode": dossier.pack.mode_label(application.mode),
        "sections": [_section(section, dossier, values) for section in dossier.definition.sections],
        "materials": [_material(slot) for slot in board.slots if slot.material is not None or slot.item.required],
        "eligibility": verdict_json(verdict),
        "override": application.override_reason,
        "print_version": print_version,
    }


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as plain data."""
    return {
        "outcome": verdict.outcome,
        "title": verdict.title,
        "summary": verdict.summary,
        "lines": [
            {
                name: getattr(line, name)
                for name in ("label", "requirement", "actual", "outcome", "first_year", "clause")
            }
            for line in verdict.lines
        ],
    }


def _section(section: FormSection, dossier: Dossier, values: Mapping[str, Any]) -> dict[str, Any]:
    plain = section.fields if section.layout == "fields" else section.after_fields
    fields = [_field(item, dossier, values.get(item.key)) for item in plain]
    rows = []
    if section.layout == "rows":
        rows = [_row(section, dossier, row) for row in values.get(section.key, [])]
    return {"key": section.key, "number": section.number, "title": section.title, "fields": fields, "rows": rows}


def _field(item: FormField, dossier: Dossier, value: Any) -> dict[str, str]:
    choices = field_choices(item, dossier)
    known = dossier.source(item.source) if item.source and item.key not in BOUND else ""
    return {
        "key": item.key,
        "label": item.label,
        "text": display(item, value, choices),
        "roster": display(item, known, choices) if known else "",
    }


def _row(section: FormSection, dossier: Dossier, row: Mapping[str, Any]) -> str:
    kind = dossier.application.kind
    texts = []
    for item in section.fields:
        choices = (
            dossier.pack.choices(kind, item.key, section.key)
            if item.type in ("choice", "grade", "trade", "yes_no")
            else ()
        )
        text = display(item, row.get(item.key) or "", choices)
        texts.append("至今" if item.key == "end" and not text else text)
    return "　".join(text for text in texts if text)


def _material(slot) -> dict[str, Any]:
    item, material = slot.item, slot.material
    return {
        "key": item.key, "number": item.number, "title": item.title, "short_name": item.short_name,
        "requirement": item.requirement + (f"（{item.reason}）" if item.reason else ""), "clause": item.clause,
        "evidence": list(item.evidence_fields), "approval_form": item.approval_form,
        "file": material.public_id if material else "", "file_name": material.file_name if material else "",
        "sha256": material.sha256 if material else "", "pages": material.pages if material else 0,
        "media_type": material.media_type if material else "",
    }  # fmt: skip


def files_in(snapshot: Mapping[str, Any] | None) -> set[str]:
    """Public ids of the files of a submission."""
    return {item["file"] for item in (snapshot or {}).get("materials", []) if item["file"]}


def changes(now: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> list[tuple[str, Change]]:
    """(item key, change) between two submissions; empty without an earlier one."""
    if not now or not before:
        return []
    return _section_changes(now, before) + _material_changes(now, before)


def _section_changes(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[tuple[str, Change]]:
    found: list[tuple[str, Change]] = []
    earlier = {section["key"]: section for section in before["sections"]}
    for section in now["sections"]:
        old = earlier.get(section["key"], {"fields": [], "rows": []})
        key = f"section:{section['key']}"
        old_texts = {item["key"]: item["text"] for item in old["fields"]}
        for item in section["fields"]:
            was = old_texts.get(item["key"], "")
            if was != item["text"]:
                found.append((key, Change(item["label"], was or "（空）", item["text"] or "（空）")))
        gone = [row for row in old["rows"] if row not in section["rows"]]
        new = [row for row in section["rows"] if row not in old["rows"]]
        for index in range(max(len(gone), len(new))):
            was = gone[index] if index < len(gone) else "（无）"
            found.append((key, Change(section["title"], was, new[index] if index < len(new) else "（已删除）")))
    return found


def _material_changes(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[tuple[str, Change]]:
    found: list[tuple[str, Change]] = []
    earlier = {item["key"]: item for item in before["materials"]}
    for item in now["materials"]:
        old = earlier.get(item["key"])
        if (old["sha256"] if old else "") != item["sha256"]:
            place = f"材料 {item['number']} {item['short_name']}"
            was = old["file_name"] if old and old["file_name"] else "（无）"
            found.append((f"material:{item['key']}", Change(place, was, item["file_name"] or "（无）")))
    return found
