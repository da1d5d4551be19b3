"""The policy pack as frozen pydantic models. Rules and materials are in schema_rules."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from gkportal.policy.schema_rules import (
    EligibilityRule,
    ExceptionClassDef,
    Gate,
    GradeNumber,
    Key,
    KindKey,
    MaterialList,
    ModeKey,
    Sourced,
    Strict,
    Text,
    When,
)

UnitLevel = Literal["district", "city", "province"]
Decision = Literal["approve", "return", "reject"]


class Grade(Strict):
    """A grade: number 5..1 (0 = no grade yet) and its label."""

    key: Key
    number: GradeNumber
    label: Text


class Mode(Strict):
    """申报方式."""

    key: ModeKey
    label: Text
    short: Text


class KindMode(Strict):
    """A mode offered by a kind; `grades` empty means every grade of the kind."""

    key: ModeKey
    grades: tuple[GradeNumber, ...] = ()


class Flag(Sourced):
    """申报标记. `add_years` shifts every limit year.

    With `cycle_years` the flag is open only in years `cycle_base` + n × `cycle_years`.
    """

    key: Key
    label: Text
    add_years: Annotated[int, Field(ge=0, le=3)]
    grades: tuple[GradeNumber, ...]
    modes: tuple[ModeKey, ...]
    cycle_years: Annotated[int, Field(ge=1, le=5)] = 1
    cycle_base: int = 0
    note: str = ""


class Kind(Strict):
    """申报事项."""

    key: KindKey
    label: Text
    short: Text
    grades: Annotated[tuple[GradeNumber, ...], Field(min_length=1)]
    modes: Annotated[tuple[KindMode, ...], Field(min_length=1)]
    flags: tuple[Flag, ...] = ()


class Category(Strict):
    """工种类别."""

    key: Key
    label: Text


class Trade(Strict):
    """A merged trade. `general` None: not known whether it is a 通用工种."""

    code: Annotated[str, Field(pattern=r"^\d{4}$")]
    name: Text
    category: Key
    aliases: tuple[str, ...] = ()
    general: bool | None = None
    hazardous: bool = False
    permit: bool = False
    note: str = ""


class OpenTrades(Sourced):
    """Trades open for some grades this edition: trade names."""

    key: Key
    grades: Annotated[tuple[GradeNumber, ...], Field(min_length=1)]
    trades: Annotated[tuple[str, ...], Field(min_length=1)]


class Window(Sourced):
    """Times of a kind, local date-times. No `correct_until`: corrections end with submission."""

    key: Key
    kind: KindKey
    opens: datetime | None = None
    submit_deadline: datetime
    correct_until: datetime | None = None
    in_flight_rule: Text

    @property
    def correction_ends(self) -> datetime:
        """Last moment for a returned application to come back."""
        return self.correct_until or self.submit_deadline


class Step(Sourced):
    """One step of a review route. `reviewer` is resolved to an organisation by the caller."""

    key: Key
    label: Text
    reviewer: Literal["department", "district_office", "city_office", "province_office"]
    decisions: Annotated[tuple[Decision, ...], Field(min_length=1)] = ("approve", "return", "reject")
    return_targets: tuple[Literal["unit", "previous"], ...] = ("unit", "previous")
    working_days: Annotated[int, Field(ge=1, le=60)]


class Route(Sourced):
    """Which steps a case passes; `kinds` and `grades` empty mean all."""

    key: Key
    unit_levels: Annotated[tuple[UnitLevel, ...], Field(min_length=1)]
    kinds: tuple[KindKey, ...] = ()
    grades: tuple[GradeNumber, ...] = ()
    steps: Annotated[tuple[str, ...], Field(min_length=1)]


class Retirement(Sourced):
    """Ages in whole years between which retirement may fall. Different bounds give "unknown"."""

    male_from: Annotated[int, Field(ge=40, le=70)]
    male_to: Annotated[int, Field(ge=40, le=70)]
    female_from: Annotated[int, Field(ge=40, le=70)]
    female_to: Annotated[int, Field(ge=40, le=70)]


class QuotaBand(Strict):
    """Existing technicians of the trade in the unit from `at_least` up → persons allowed."""

    key: Key
    at_least: Annotated[int, Field(ge=0)]
    persons: Annotated[int, Field(ge=0)]
    not_consecutive: bool = False


class Quota(Sourced):
    """申报指标 of a kind, for 通用工种 only when `general_only`."""

    key: Key
    kind: KindKey
    general_only: bool = True
    exempt_failed_panel: bool = True
    bands: Annotated[tuple[QuotaBand, ...], Field(min_length=1)]


class EducationSet(Sourced):
    """A named set of education codes, e.g. 大专及以上."""

    key: Key
    label: Text
    codes: Annotated[tuple[str, ...], Field(min_length=1)]


FieldType = Literal[
    "text", "long_text", "phone", "month", "date", "choice", "yes_no", "trade", "trade_text", "grade", "month_range"
]


class Choice(Strict):
    """One inline choice."""

    key: Annotated[str, Field(min_length=1)]
    label: Text


class FormField(Strict):
    """One field. `choices`: a dictionary name, "modes"/"grades" of the kind, or inline choices.

    `source` is where a value comes from (worker.work_start, unit.name, pack.affiliation …);
    `locked` fields are shown read-only. trade: code of a merged trade; trade_text: free text.
    """

    key: Key
    label: Text
    type: FieldType
    required: bool = False
    required_when: When | None = None
    locked: bool = False
    source: str = ""
    choices: str | tuple[Choice, ...] = ()
    max_length: Annotated[int, Field(ge=1, le=5000)] = 100
    hint: str = ""
    clause: str = ""


class FormSection(Strict):
    """A part of the form. In a rows section `fields` are the columns.

    `after_fields` follow the rows (工作鉴定 below the awards). `min_rows` holds when
    `min_rows_when` is absent or holds.
    """

    key: Key
    number: str
    title: Text
    note: str = ""
    layout: Literal["fields", "rows"]
    fields: Annotated[tuple[FormField, ...], Field(min_length=1)]
    after_fields: tuple[FormField, ...] = ()
    min_rows: Annotated[int, Field(ge=0, le=50)] = 0
    min_rows_when: When | None = None
    max_rows: Annotated[int, Field(ge=1, le=200)] = 50
    clause: str = ""


class FormDefinition(Strict):
    """The form of one or more kinds."""

    key: Key
    kinds: Annotated[tuple[KindKey, ...], Field(min_length=1)]
    title: Text
    sections: Annotated[tuple[FormSection, ...], Field(min_length=1)]

    def section(self, key: str) -> FormSection | None:
        """The section of that key."""
        return next((item for item in self.sections if item.key == key), None)

    def field(self, key: str) -> FormField | None:
        """The plain field of that key (row columns are reached through their section)."""
        for section in self.sections:
            plain = section.fields if section.layout == "fields" else section.after_fields
            for item in plain:
                if item.key == key:
                    return item
        return None


class Pledge(Sourced):
    """承诺书: points in our own words."""

    title: Text
    intro: str = ""
    points: Annotated[tuple[str, ...], Field(min_length=1)]
    agree: Text
    disagree: Text


class Opinion(Strict):
    """A canned review opinion; `steps` empty means every step."""

    key: Key
    decision: Decision
    text: Text
    steps: tuple[str, ...] = ()


class Notice(Sourced):
    """A help or notice text; `kinds` empty means all."""

    key: Key
    kinds: tuple[KindKey, ...] = ()
    title: Text
    paragraphs: Annotated[tuple[str, ...], Field(min_length=1)]


class Contact(Strict):
    """Whom to ask; the instance or the round may set another."""

    office: Text
    phone: str = ""
    hours: str = ""


class Texts(Strict):
    """All texts of a pack."""

    pledge: Pledge
    opinions: tuple[Opinion, ...] = ()
    notices: tuple[Notice, ...] = ()
    contact: Contact


class PrintRules(Sourced):
    """审批表: its layout and name, number of copies, and whether it has to be printed before submission.

    `form` names the template below templates/documents (`approval_form/…`).
    """

    form: Annotated[str, Field(pattern=r"^[a-z0-9_-]+/[a-z0-9_.-]+$")]
    heading: Text
    copies: Annotated[int, Field(ge=1, le=5)]
    before_submit: bool


class PackHead(Strict):
    """Identity of a pack."""

    region: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    edition: Annotated[str, Field(pattern=r"^[0-9a-z][0-9a-z_-]*$")]
    year: Annotated[int, Field(ge=1990, le=2199)]
    title: Text
    region_label: Text
    affiliation: Text
    affiliation_clause: Text
    basis: tuple[str, ...] = ()
    allow_override: bool = True


class PackData(BaseModel):
    """A whole pack after inheritance, as written in its TOML files."""

    model_config = Strict.model_config

    extends: str = ""
    pack: PackHead
    labels: dict[str, str] = {}
    grades: tuple[Grade, ...]
    modes: tuple[Mode, ...]
    kinds: tuple[Kind, ...]
    categories: tuple[Category, ...]
    trades: tuple[Trade, ...]
    open_trades: tuple[OpenTrades, ...]
    windows: tuple[Window, ...]
    steps: tuple[Step, ...]
    routes: tuple[Route, ...]
    education_sets: tuple[EducationSet, ...]
    retirement: Retirement
    exception_classes: tuple[ExceptionClassDef, ...] = ()
    quotas: tuple[Quota, ...] = ()
    gates: tuple[Gate, ...] = ()
    eligibility: tuple[EligibilityRule, ...]
    materials: tuple[MaterialList, ...]
    forms: tuple[FormDefinition, ...]
    texts: Texts
    printing: PrintRules
