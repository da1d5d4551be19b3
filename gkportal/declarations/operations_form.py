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
from gkportal.declarations.form_input import Clash, FormInput, RowInput, merge_row, merge_values, same
from gkportal.declarations.models import Application
from gkportal.policy import FormDefinition, FormSection
from gkportal.policy.dates import month_number

_SAVE_VERBS = ("application.form_saved", "application.changed")
_ROWS_HARD_LIMIT = 200


@dataclass(slots=True)
class Saved:
    """What a save did: (label, before, after) of each change, and the places that somebody else changed first."""

    application: Application
    changes: list[tuple[str, Any, Any]] = field(default_factory=list)
    clashes: list[Clash] = field(default_factory=list)


def save_form(
    *, actor: Actor, now: datetime, application: Application, definition: FormDefinition, sent: FormInput
) -> Saved:
    """Store a draft of the form, complete or not. Refused sections are left as they are.

    Raises Refused when the application cannot be edited now, Conflict when it is gone.
    """
    with write_transaction():
        current = Application.get_or_none(Application.id == application.id)
        if current is None:
            raise Conflict(f"{application.worker_name}已被其他人从办件中删除，内容没有保存。")
        rules.can_edit(actor, current).demand()
        sections = {s.key: s for s in definition.sections if rules.can_edit_section(actor, current, s.key)}
        form = copy.deepcopy(current.form or {})
        saved = Saved(application)
        _fields(form, sent, sections, saved)
        _rows(form, sent, sections, saved)
        seen = [key for key in sent.seen if definition.section(key) and key not in current.seen_sections]
        if saved.changes or seen:
            _store(actor, now, current, form, seen, saved.changes)
    for name in ("form", "form_version", "seen_sections", "updated_at"):
        setattr(application, name, getattr(current, name))
    return saved


def _fields(form: dict[str, Any], sent: FormInput, sections: dict[str, FormSection], saved: Saved) -> None:
    fields = [item for s in sections.values() for item in (s.fields if s.layout == "fields" else s.after_fields)]
    labels = {item.key: item.label for item in fields}
    changed, clashes = merge_values(form, sent, labels, set(labels))
    saved.changes += [(labels[key], before, after) for key, (before, after) in changed.items()]
    saved.clashes += clashes


def _rows(form: dict[str, Any], sent: FormInput, sections: dict[str, FormSection], saved: Saved) -> None:
    touched = set()
    for row in sent.rows:
        if row.section in sections and (row.section, row.row_id) not in sent.delete:
            rows = form.setdefault(row.section, [])
            before, after, clash = merge_row(rows, row, sent.take)
            if clash:
                saved.clashes.append(Clash(clash.place, f"{sections[row.section].title}一行", clash.mine, clash.theirs))
            elif after is not None:
                touched.add(row.section)
                saved.changes.append((_row_label(sections[row.section], rows, row.row_id), _said(before), _said(after)))
            if len(rows) > _ROWS_HARD_LIMIT:
                raise Invalid(f"{sections[row.section].title}最多保存 {_ROWS_HARD_LIMIT} 行，请删去多余的行。")
    for section, row_id in sent.delete:
        if section in sections:
            rows = form.get(section, [])
            gone = next((row for row in rows if row.get("id") == row_id), None)
            if gone is not None:
                saved.changes.append((_row_label(sections[section], rows, row_id), _said(gone), ""))
                form[section] = [row for row in rows if row.get("id") != row_id]
    for key in touched:
        form[key] = in_order(sections[key], form[key])


def _row_label(section: FormSection, rows: list[dict[str, Any]], row_id: str) -> str:
    place = next((number for number, row in enumerate(rows, 1) if row.get("id") == row_id), len(rows))
    return f"{section.title}第 {place} 行"


def _said(row: dict[str, Any] | None) -> str:
    return " ".join(str(value) for key, value in (row or {}).items() if key != "id" and value)


def in_order(section: FormSection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that begin with a month, oldest first, so that a forgotten period can be added at the end."""
    first = section.fields[0]
    if first.type != "month":
        return rows
    return sorted(rows, key=lambda row: month_number(row.get(first.key)) or 10**6)


def _store(
    actor: Actor, now: datetime, current: Application, form: dict[str, Any], seen: list[str], changes: list
) -> None:
    current.form = form
    current.seen_sections = [*current.seen_sections, *seen]
    values: dict[str, Any] = {"seen_sections": current.seen_sections}
    if changes:
        current.form_version += 1
        current.updated_at = now
        values |= {"form": form, "form_version": current.form_version, "updated_at": now}
        audit.record(
            actor=actor, now=now, verb="application.form_saved", subject=("application", current.id),
            case_id=current.case_id, worker_id=current.worker_id,
            detail={"name": current.worker_name, "version": current.form_version,
                    "changes": [list(item) for item in changes]},
        )  # fmt: skip
    Application.update(**values).where(Application.id == current.id).execute()


def save_row(
    *, actor: Actor, now: datetime, application: Application, definition: FormDefinition, section: str, row_id: str,
    values: dict[str, str], base: dict[str, str] | None = None,
) -> Saved:  # fmt: skip
    """Store one row of a rows section. Raises NotFound for a section the form does not have."""
    if definition.section(section) is None:
        raise NotFound("没有这一部分，请刷新页面。")
    sent = FormInput(rows=[RowInput(section, row_id, values, base)])
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
        .where(AuditEvent.verb.in_(_SAVE_VERBS) & (AuditEvent.actor_id != but.user_id))
        .order_by(AuditEvent.id.desc())
        .first()
    )
    return f"{event.actor_name} {format_minute(event.at)}" if event else ""


def unchanged(sent: FormInput, form: dict[str, Any]) -> bool:
    """Whether nothing of what was sent differs from what is stored."""
    return all(same(value, form.get(key, "")) for key, value in sent.values.items())
