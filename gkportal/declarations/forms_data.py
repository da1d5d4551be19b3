"""The form of an applicant as its page shows it: sections, fields, rows, messages, progress (S000-75…82)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from gkportal.core.actor import Actor
from gkportal.declarations import rules
from gkportal.declarations.dossiers import Dossier, load_one
from gkportal.declarations.models import Application
from gkportal.policy import DICTIONARIES, FormField, FormSection, Problem
from gkportal.policy.dates import show, show_month


@dataclass(slots=True)
class FieldView:
    """One control, or one cell of a row. `messages` are (sentence, severity) pairs to show at the field."""

    key: str
    name: str
    id: str
    label: str
    type: str
    value: Any
    text: str
    required: bool = False
    locked: bool = False
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    max_length: int = 100
    messages: list[tuple[str, str]] = field(default_factory=list)
    clash: str = ""

    @property
    def invalid(self) -> bool:
        """Whether an error stands at the field."""
        return any(severity == "error" for _, severity in self.messages)


@dataclass(slots=True)
class RowView:
    """One row of a rows section; `number` counts from 1."""

    id: str
    number: int
    cells: list[FieldView]
    open: bool = False
    new: bool = False
    undo: str = ""
    clash: str = ""

    @property
    def messages(self) -> list[tuple[str, str]]:
        """All messages of the row."""
        return [message for cell in self.cells for message in cell.messages]


@dataclass(slots=True)
class SectionView:
    """One card of the page. `reason` says why it cannot be edited; `state` is done, errors, seen or new."""

    key: str
    number: str
    title: str
    note: str
    layout: str
    fields: list[FieldView]
    columns: tuple[FormField, ...] = ()
    rows: list[RowView] = field(default_factory=list)
    editable: bool = True
    reason: str = ""
    messages: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    wrong: int = 0
    missing: int = 0
    seen: bool = False

    @property
    def state(self) -> str:
        """done, wrong (values to correct), seen (已看过，未完成) or new (未开始)."""
        if not self.wrong and not self.missing:
            return "done"
        if self.wrong:
            return "wrong"
        return "seen" if self.seen else "new"

    @property
    def all_locked(self) -> bool:
        """Whether every value comes from the roster."""
        return self.layout == "fields" and all(item.locked for item in self.fields)


@dataclass(slots=True)
class FormView:
    """The whole form. `problems` are those to list in the summary."""

    title: str
    sections: list[SectionView]
    problems: list[tuple[Problem, str]]
    filled: int
    total: int

    def section(self, key: str) -> SectionView | None:
        """The section of that key."""
        return next((item for item in self.sections if item.key == key), None)


def problems(application: Application, dossier: Dossier | None = None) -> tuple[Problem, ...]:
    """Everything wrong with the form now, in its order (S002-118…123)."""
    return (dossier or load_one(application)).problems


def form_view(
    application: Application,
    dossier: Dossier | None = None,
    *,
    actor: Actor,
    strict: bool = False,
    open_rows: dict[str, list[str]] | None = None,
) -> FormView:
    """The form for `actor`. Without `strict`, empty fields of a form in the making carry no message yet."""
    dossier = dossier or load_one(application)
    values = dossier.values
    sections = [
        _section(item, dossier, values, actor, strict, (open_rows or {}).get(item.key, []))
        for item in dossier.definition.sections
    ]
    listed = [
        (problem, anchor(dossier, problem)) for problem in dossier.errors if strict or not is_missing(problem, values)
    ]
    total, missing = _progress(dossier, values)
    return FormView(dossier.definition.title, sections, listed, total - missing, total)


def is_missing(problem: Problem, values: dict[str, Any]) -> bool:
    """Whether the problem is only that something has not been filled in yet."""
    if problem.row_index is not None:
        rows = values.get(problem.section) or []
        row = rows[problem.row_index] if problem.row_index < len(rows) else {}
        return (
            problem.severity == "error"
            and not str(row.get(problem.field) or "").strip()
            and "：不能为空" in problem.message
        )
    value = values.get(problem.field)
    if isinstance(value, dict):
        return not any(value.values())
    if isinstance(value, list):
        return not value
    if value is None:  # a message about a whole rows section
        return not values.get(problem.section)
    return not str(value).strip()


def anchor(dossier: Dossier, problem: Problem) -> str:
    """The element id that a summary link leads to."""
    if problem.row_index is not None:
        rows = dossier.application.form.get(problem.section, [])
        if problem.row_index < len(rows):
            return f"row-{problem.section}-{rows[problem.row_index].get('id', problem.row_index)}"
    if problem.field in _plain_keys(dossier):
        return f"f-{problem.field}"
    return f"s-{problem.section}"


def _plain_keys(dossier: Dossier) -> set[str]:
    return {
        item.key
        for section in dossier.definition.sections
        for item in (section.fields if section.layout == "fields" else section.after_fields)
    }


def _progress(dossier: Dossier, values: dict[str, Any]) -> tuple[int, int]:
    """(things to fill in, of which not in order): required fields and rows sections."""
    places: set[tuple[str, str]] = set()
    for section in dossier.definition.sections:
        plain = section.fields if section.layout == "fields" else section.after_fields
        places |= {
            (section.key, item.key) for item in plain if item.required or str(values.get(item.key) or "").strip()
        }
        if section.layout == "rows":
            places.add((section.key, ""))
    bad = set()
    for problem in dossier.errors:
        place = (problem.section, problem.field)
        bad.add(place if place in places else (problem.section, ""))
    return len(places | bad), len(bad)


def _section(
    section: FormSection, dossier: Dossier, values: dict[str, Any], actor: Actor, strict: bool, open_rows: list[str]
) -> SectionView:
    application = dossier.application
    answer = rules.can_edit_section(actor, application, section.key)
    found = [item for item in dossier.problems if item.section == section.key]
    plain = section.fields if section.layout == "fields" else section.after_fields
    view = SectionView(
        key=section.key,
        number=section.number,
        title=section.title,
        note=section.note,
        layout=section.layout,
        fields=[_field(item, dossier, values.get(item.key)) for item in plain],
        columns=section.fields if section.layout == "rows" else (),
        editable=answer.ok,
        reason=answer.reason,
        problems=found,
        seen=section.key in application.seen_sections,
    )
    if section.layout == "rows":
        view.rows = _rows(section, dossier, open_rows)
    _place_messages(view, found, values, strict)
    return view


def _place_messages(view: SectionView, found: list[Problem], values: dict[str, Any], strict: bool) -> None:
    by_key = {item.key: item for item in view.fields}
    for problem in found:
        missing = is_missing(problem, values)
        if problem.severity == "error":
            view.missing += missing
            view.wrong += not missing
        if missing and not strict and problem.row_index is None:
            continue
        message = (problem.inline or problem.message, problem.severity)
        if problem.row_index is not None and problem.row_index < len(view.rows):
            cells = view.rows[problem.row_index].cells
            next((cell for cell in cells if cell.key == problem.field), cells[0]).messages.append(message)
        elif problem.field in by_key:
            by_key[problem.field].messages.append(message)
        else:
            view.messages.append(message)


def _rows(section: FormSection, dossier: Dossier, open_rows: list[str]) -> list[RowView]:
    stored = dossier.application.form.get(section.key, [])
    views = []
    for number, row in enumerate(stored, 1):
        row_id = str(row.get("id", number))
        cells = [_cell(item, section, dossier, row, row_id) for item in section.fields]
        undo = json.dumps({item.key: str(row.get(item.key) or "") for item in section.fields}, ensure_ascii=False)
        views.append(RowView(row_id, number, cells, open=row_id in open_rows, undo=undo))
    known = {view.id for view in views}
    for row_id in open_rows:
        if row_id not in known:
            cells = [_cell(item, section, dossier, {}, row_id) for item in section.fields]
            views.append(RowView(row_id, len(views) + 1, cells, open=True, new=True))
    return views


def _cell(item: FormField, section: FormSection, dossier: Dossier, row: dict[str, Any], row_id: str) -> FieldView:
    value = row.get(item.key) or ""
    name = f"row.{section.key}.{row_id}.{item.key}"
    choices = (
        dossier.pack.choices(dossier.application.kind, item.key, section.key) if item.type in _WITH_CHOICES else ()
    )
    text = display(item, value, choices)
    if item.key == "end" and not str(value).strip():
        text = "至今"
    return FieldView(
        key=item.key, name=name, id=f"f-{section.key}-{row_id}-{item.key}", label=item.label, type=item.type,
        value=input_text(item, value), text=text, required=item.required, hint=item.hint, choices=choices,
        max_length=item.max_length,
    )  # fmt: skip


_WITH_CHOICES = ("choice", "yes_no", "trade", "grade")


def _field(item: FormField, dossier: Dossier, value: Any) -> FieldView:
    choices = field_choices(item, dossier)
    return FieldView(
        key=item.key,
        name=item.key,
        id=f"f-{item.key}",
        label=item.label,
        type=item.type,
        value=input_text(item, value),
        text=display(item, value, choices),
        required=item.required,
        locked=item.locked,
        hint=item.hint,
        choices=choices,
        max_length=item.max_length,
    )


def field_choices(item: FormField, dossier: Dossier) -> tuple[tuple[str, str], ...]:
    """(value, label) pairs; modes and trades are narrowed to the applied grade."""
    application, pack = dossier.application, dossier.pack
    if item.key == "mode":
        return tuple((mode.key, mode.label) for mode in pack.modes_for(application.kind, application.grade))
    if item.key == "trade":
        open_now = [(trade.code, trade.name) for trade in pack.open_trades(application.grade)]
        if application.trade_code not in {code for code, _ in open_now}:
            open_now.insert(0, (application.trade_code, pack.trade_name(application.trade_code)))
        return tuple(open_now)
    return pack.choices(application.kind, item.key) if item.type in _WITH_CHOICES else ()


def input_text(item: FormField, value: Any) -> Any:
    """The value as it stands in the control: 2015年03月 for months, codes for choices, two parts for a range."""
    if item.type == "month_range":
        parts = value if isinstance(value, dict) else {}
        return {side: show_month(parts.get(side)) or str(parts.get(side) or "") for side in ("start", "end")}
    text = "" if value is None else str(value)
    if item.type == "month":
        return show_month(text) or text
    if item.type == "date":
        return show(text) or text
    if item.type == "yes_no":
        return {"True": "yes", "False": "no"}.get(text, text)
    return text


def display(item: FormField, value: Any, choices: tuple[tuple[str, str], ...] = ()) -> str:
    """The value in words, as on the check page and the 审批表; "" when empty."""
    shown = input_text(item, value)
    if item.type == "month_range":
        if not (shown["start"] or shown["end"]):
            return ""
        return f"{shown['start'] or '？'}至{shown['end'] or '？'}"
    if isinstance(item.choices, str) and item.choices in DICTIONARIES:
        return DICTIONARIES[item.choices].label(shown)
    return dict(choices).get(shown, shown) if choices else shown
