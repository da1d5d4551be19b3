"""An application together with everything its pages need, loaded for one or many people in constant queries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gkportal.core import clock
from gkportal.declarations.models import Application
from gkportal.orgs.models import Organization
from gkportal.policy import Facts, Pack, Problem, load_pack
from gkportal.policy.schema import FormDefinition
from gkportal.review.models import Case
from gkportal.roster import facts as roster_facts
from gkportal.roster import queries as roster
from gkportal.roster.queries import WorkerBundle
from gkportal.rounds.models import Round

#: Fields of the form that live in columns of the application.
BOUND = {"trade": "trade_code", "grade": "grade", "mode": "mode"}


@dataclass(slots=True)
class Dossier:
    """One application with its case, unit, pack, roster data and form definition."""

    application: Application
    case: Case
    unit: Organization
    bundle: WorkerBundle
    pack: Pack
    facts: Facts
    definition: FormDefinition
    source: Callable[[str], Any]
    year: int
    _problems: tuple[Problem, ...] | None = field(default=None)

    @property
    def values(self) -> dict[str, Any]:
        """The form's data as it counts now: locked fields from the roster, bound ones from the application."""
        return values_of(self.definition, self.application, self.source)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything wrong with the form, in its order; computed once."""
        if self._problems is None:
            self._problems = self.pack.check_form(self.application.kind, self.values, self.facts, today=clock.today())
        return self._problems

    @property
    def errors(self) -> list[Problem]:
        """The problems that block submission."""
        return [item for item in self.problems if item.severity == "error"]


def load(applications: Iterable[Application]) -> dict[int, Dossier]:
    """Dossiers by application id. The applications come with unit; cases and rounds are fetched together."""
    rows = list(applications)
    bundles = roster.bundles({row.worker_id for row in rows})
    cases = {case.id: case for case in Case.select().where(Case.id.in_({row.case_id for row in rows}))} if rows else {}
    years = _years({row.round_id for row in rows})
    return {
        row.id: build(row, cases[row.case_id], row.unit, bundles[row.worker_id], years[row.round_id]) for row in rows
    }


def load_one(application: Application) -> Dossier:
    """The dossier of one application."""
    return load([application])[application.id]


def _years(ids: set[int]) -> dict[int, int]:
    return dict(Round.select(Round.id, Round.year).where(Round.id.in_(ids)).tuples()) if ids else {}


def build(application: Application, case: Case, unit: Organization, bundle: WorkerBundle, year: int) -> Dossier:
    """Put a dossier together from rows that are already there."""
    pack = load_pack(case.pack_id)
    return Dossier(
        application=application,
        case=case,
        unit=unit,
        bundle=bundle,
        pack=pack,
        facts=facts_for(application, bundle),
        definition=pack.form(application.kind),
        source=roster_facts.form_source(bundle, unit, pack),
        year=year,
    )


def facts_for(application: Application, bundle: WorkerBundle) -> Facts:
    """The roster's facts of the person."""
    return roster_facts.facts_of(bundle)


def values_of(definition: FormDefinition, application: Application, source: Callable[[str], Any]) -> dict[str, Any]:
    """Form data in the shape `Pack.check_form` reads: plain fields by key, rows sections as lists without row ids."""
    stored = application.form or {}
    values: dict[str, Any] = {}
    for section in definition.sections:
        plain = section.fields if section.layout == "fields" else section.after_fields
        for item in plain:
            if item.key in BOUND:
                values[item.key] = str(getattr(application, BOUND[item.key]))
            elif item.locked:
                values[item.key] = plain_value(source(item.source))
            else:
                values[item.key] = stored.get(item.key, "")
        if section.layout == "rows":
            values[section.key] = [_without_id(row) for row in stored.get(section.key, [])]
    return values


def plain_value(value: Any) -> str:
    """A roster value as the form keeps it: text, codes, yes/no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _without_id(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "id"}
