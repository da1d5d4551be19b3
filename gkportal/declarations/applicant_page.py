"""What the page of one applicant shows beside the form: neighbours, progress, print state, eligibility, clashes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gkportal.core.actor import Actor
from gkportal.core.answer import Answer
from gkportal.core.text import whole_number
from gkportal.declarations import eligibility, forms_data, queries, readiness, rules
from gkportal.declarations.dossiers import Dossier
from gkportal.declarations.form_input import Clash
from gkportal.declarations.forms_data import FormView, SectionView
from gkportal.declarations.models import Application
from gkportal.declarations.prints import PrintStatus
from gkportal.declarations.readiness import Readiness
from gkportal.declarations.tasks import PersonTasks, tasks_of
from gkportal.policy import FormField, Verdict


@dataclass(slots=True)
class ApplicantPage:
    """Everything `applicant.html` shows."""

    application: Application
    dossier: Dossier
    one: Readiness
    person: PersonTasks
    form: FormView
    verdict: Verdict
    print_status: PrintStatus
    edit: Answer
    change: Answer
    can_print: Answer
    place: int
    count: int
    before: str | None
    after: str | None
    flags: list[tuple[str, str]] = field(default_factory=list)
    strict: bool = False
    now: datetime | None = None

    @property
    def case_title(self) -> str:
        """Short name of the item."""
        return self.dossier.pack.kind(self.application.kind).label

    @property
    def needs_reason(self) -> bool:
        """Whether the verdict asks for a stated reason (S002 leaves no door without one)."""
        return self.verdict.outcome == "not_met" and self.dossier.pack.allow_override and self.verdict.allow_override

    @property
    def error_count(self) -> int:
        """Places to correct, as listed in the summary."""
        return len(self.form.problems)


def build(
    actor: Actor, application: Application, now: datetime, *, strict: bool = False,
    open_rows: dict[str, list[str]] | None = None, clashes: list[Clash] | None = None, editor: str = "",
) -> ApplicantPage:  # fmt: skip
    """The page of one applicant for `actor`."""
    one = readiness.check([application], application.case, now)[application.id]
    dossier = one.dossier
    form = forms_data.form_view(
        application, dossier, actor=actor, strict=strict, open_rows=with_clashes(open_rows or {}, clashes or [])
    )
    _show_clashes(form, dossier, clashes or [], editor)
    place, count, before, after = queries.neighbours(application)
    year = dossier.year
    return ApplicantPage(
        application=application, dossier=dossier, one=one, person=tasks_of(one), form=form, verdict=one.verdict,
        print_status=one.print_status, edit=rules.can_edit(actor, application),
        change=rules.can_change(actor, application), can_print=rules.can_print(actor, application), place=place,
        count=count, before=before, after=after, strict=strict, now=now,
        flags=[
            (flag.key, flag.label)
            for flag in dossier.pack.flags_for(application.kind, application.grade, application.mode, year)
        ],
    )  # fmt: skip


def with_clashes(open_rows: dict[str, list[str]], clashes: list[Clash]) -> dict[str, list[str]]:
    """Rows in edit state, those with a clash included."""
    rows = {key: list(ids) for key, ids in open_rows.items()}
    for clash in clashes:
        if clash.place.startswith("row."):
            section, row_id = clash.place.removeprefix("row.").rsplit(".", 1)
            if row_id not in rows.setdefault(section, []):
                rows[section].append(row_id)
    return rows


def _show_clashes(form: FormView, dossier: Dossier, clashes: list[Clash], editor: str) -> None:
    """Put what was typed back into the controls, and what is stored beside it: both are seen, one is chosen."""
    who = f"{editor} 已保存为" if editor else "其他经办人已保存为"
    for clash in clashes:
        if clash.place.startswith("row."):
            _row_clash(form, clash, who)
            continue
        for section in form.sections:
            item = next((view for view in section.fields if view.key == clash.place), None)
            if item is not None:
                definition = _definition(dossier, item.key)
                shown = forms_data.display(definition, clash.theirs, item.choices) if definition else clash.theirs
                item.value = forms_data.input_text(definition, clash.mine) if definition else clash.mine
                item.clash = f"{who}“{shown or '空'}”，与您填写的不同"


def _definition(dossier: Dossier, key: str) -> FormField | None:
    return dossier.definition.field(key)


def _row_clash(form: FormView, clash: Clash, who: str) -> None:
    section_key, row_id = clash.place.removeprefix("row.").rsplit(".", 1)
    section = form.section(section_key)
    row = next((view for view in section.rows if view.id == row_id), None) if section else None
    if row is None or section is None:
        return
    theirs = "（已删除）" if clash.theirs is None else _row_words(section, clash.theirs)
    row.clash = f"{who}“{theirs}”，与您填写的不同"
    for cell, column in zip(row.cells, section.columns, strict=True):
        cell.value = forms_data.input_text(column, clash.mine.get(cell.key, ""))


def _row_words(section: SectionView, values: dict[str, Any]) -> str:
    return "　".join(forms_data.display(column, values.get(column.key)) or "空" for column in section.columns)


def choice_from(application: Application, bound: dict[str, str], flag: str | None) -> eligibility.Choice:
    """The choice posted with the form; what was not posted stays as it is."""
    grade = bound.get("grade", "")
    return eligibility.Choice(
        grade=whole_number(grade, application.grade),
        mode=bound.get("mode") or application.mode,
        flag=application.flag if flag is None else flag,
        trade_code=bound.get("trade") or application.trade_code,
    )
