"""Saving the form of an applicant: any draft is kept, nobody's work is overwritten silently (S000-83, R18)."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gkportal import audit
from gkportal.audit import AuditEvent
from gkportal.core.actor import Actor
from gkportal.core.clock import format_minute
from gkportal.core.db import write_transaction
from gkportal.core.errors import Conflict, Invalid, NotFound
from gkportal.declarations import rules
from gkportal.declarations.form_input import Clash, FormInput, RowInput, merge_row, merge_value, row_place
from gkportal.declarations.models import Application
from gkportal.policy import FormDefinition, FormSection
from gkportal.policy.dates import month_number

SAVED, CHANGED = "application.form_saved", "application.changed"
_ROWS_HARD_LIMIT = 200


@dataclass(slots=True)
class Saved:
    """What a save did. `changes` are {place, label, before, after}; `clashes` the places somebody else changed first;
    `behind` says that the page shows older values than are stored, so it should be drawn again."""

    application: Application
    changes: list[dict[str, Any]] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)
    behind: bool = False


def save_form(
    *, actor: Actor, now: datetime, application: Application, definition: FormDefinition, sent: FormInput
) -> Saved:
    """Store a draft of the form, complete or not. Sections that are not open are left as they are.

    Raises Refused when the application cannot be edited now, Conflict when it is gone.
    """
    with write_transaction():
        current = Application.get_or_none(Application.id == application.id)
        if current is None:
            raise Conflict(f"{application.worker_name}已被其他人从办件中删除，内容没有保存。")
        rules.can_edit(actor, current).demand()
        sections = [s for s in definition.sections if rules.can_edit_section(actor, current, s.key)]
        before = _changed_since(current, sent.version)
        saved = Saved(application, behind=0 < sent.version < current.form_version)
        form = copy.deepcopy(current.form or {})
        for section in sections:
            _save_fields(form, section, sent, before, saved)
            _save_rows(form, section, sent, before, saved)
        seen = [key for key in sent.seen if definition.section(key) and key not in current.seen_sections]
        if saved.changes or seen:
            _store(actor, now, current, form, seen, saved.changes)
    for name in ("form", "form_version", "seen_sections", "updated_at"):
        setattr(application, name, getattr(current, name))
    return saved


def _changed_since(current: Application, version: int) -> dict[str, Any]:
    """What has changed after the sender's version: place → value in that version. No query when nothing has."""
    if version <= 0 or version >= current.form_version:
        return {}
    events = (
        AuditEvent.select(AuditEvent.detail)
        .where((AuditEvent.subject_type == "application") & (AuditEvent.subject_id == current.id))
        .where(AuditEvent.verb == SAVED)
        .order_by(AuditEvent.id)
    )
    before: dict[str, Any] = {}
    for event in events:
        if event.detail.get("version", 0) > version:
            for change in event.detail.get("changes", []):
                before.setdefault(change["place"], change["before"])
    return before


def _save_fields(
    form: dict[str, Any], section: FormSection, sent: FormInput, before: dict[str, Any], saved: Saved
) -> None:
    for item in section.fields if section.layout == "fields" else section.after_fields:
        if item.key not in sent.values or item.locked:
            continue
        old = form.get(item.key, "")
        result = merge_value(form, item.key, item.label, sent, before)
        _note(result, saved, item.key, item.label, old, form.get(item.key))


def _save_rows(
    form: dict[str, Any], section: FormSection, sent: FormInput, before: dict[str, Any], saved: Saved
) -> None:
    rows = form.setdefault(section.key, []) if section.layout == "rows" else []
    for row in sent.rows:
        if row.section != section.key or (row.section, row.row_id) in sent.delete:
            continue
        old = next((item for item in rows if item.get("id") == row.row_id), None)
        label = f"{section.title}第 {_number(rows, row.row_id)} 行"
        result = merge_row(rows, row, label, sent, before)
        _note(result, saved, row.place, label, old, next((r for r in rows if r.get("id") == row.row_id), None))
    if len(rows) > _ROWS_HARD_LIMIT:
        raise Invalid(f"{section.title}最多保存 {_ROWS_HARD_LIMIT} 行，请删去多余的行。")
    for key, row_id in sent.delete:
        gone = next((item for item in rows if item.get("id") == row_id), None)
        if key == section.key and gone is not None:
            label = f"{section.title}第 {_number(rows, row_id)} 行"
            rows.remove(gone)
            _note(True, saved, row_place(key, row_id), label, gone, None)
    if section.layout == "rows":
        form[section.key] = in_order(section, rows)


def _number(rows: list[dict[str, Any]], row_id: str) -> int:
    return next((number for number, row in enumerate(rows, 1) if row.get("id") == row_id), len(rows) + 1)


def _note(result: Clash | bool, saved: Saved, place: str, label: str, old: Any, new: Any) -> None:
    if isinstance(result, Clash):
        saved.clashes.append(result)
    elif result:
        saved.changes.append(
            {"place": place, "label": label, "before": copy.deepcopy(old), "after": copy.deepcopy(new)}
        )


def in_order(section: FormSection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that begin with a month, oldest first, so that a forgotten period can be added at the end."""
    first = section.fields[0]
    if first.type != "month":
        return rows
    return sorted(rows, key=lambda row: month_number(row.get(first.key)) or 10**6)


def _store(
    actor: Actor, now: datetime, current: Application, form: dict[str, Any], seen: list[str], changes: list
) -> None:
    current.seen_sections = [*current.seen_sections, *seen]
    values: dict[str, Any] = {"seen_sections": current.seen_sections}
    if changes:
        current.form = form
        current.form_version += 1
        current.updated_at = now
        values |= {"form": form, "form_version": current.form_version, "updated_at": now}
        audit.record(
            actor=actor, now=now, verb=SAVED, subject=("application", current.id), case_id=current.case_id,
            worker_id=current.worker_id,
            detail={"name": current.worker_name, "version": current.form_version, "changes": changes},
        )  # fmt: skip
    Application.update(**values).where(Application.id == current.id).execute()


def save_row(
    *, actor: Actor, now: datetime, application: Application, definition: FormDefinition, section: str, row_id: str,
    values: dict[str, str], version: int = 0,
) -> Saved:  # fmt: skip
    """Store one row of a rows section. Raises NotFound for a section the form does not have."""
    if definition.section(section) is None:
        raise NotFound("没有这一部分，请刷新页面。")
    sent = FormInput(version=version, rows=[RowInput(section, row_id, values)])
    return save_form(actor=actor, now=now, application=application, definition=definition, sent=sent)


def delete_row(
    *, actor: Actor, now: datetime, application: Application, definition: FormDefinition, section: str, row_id: str
) -> Saved:
    """Delete one row."""
    rules.can_edit_section(actor, application, section).demand()
    sent = FormInput(delete=[(section, row_id)])
    return save_form(actor=actor, now=now, application=application, definition=definition, sent=sent)


def last_editor(application: Application, *, but: Actor) -> str:
    """`卜向南 2024-04-10 09:30`: who else changed the form last; "" when nobody did."""
    event = (
        AuditEvent.select(AuditEvent.actor_name, AuditEvent.at)
        .where((AuditEvent.subject_type == "application") & (AuditEvent.subject_id == application.id))
        .where(AuditEvent.verb.in_((SAVED, CHANGED)) & (AuditEvent.actor_id != but.user_id))
        .order_by(AuditEvent.id.desc())
        .first()
    )
    return f"{event.actor_name} {format_minute(event.at)}" if event else ""
