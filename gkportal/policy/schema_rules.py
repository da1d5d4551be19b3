"""Typed conditions, eligibility rules, material lists: the parts of a pack that decide something."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$")]
Text = Annotated[str, Field(min_length=1)]
KindKey = Literal["level", "technician", "senior_technician"]
ModeKey = Literal["normal", "exception", "transfer", "recheck"]
GradeNumber = Annotated[int, Field(ge=0, le=5)]
Years = Annotated[int, Field(ge=0, le=60)]


class Strict(BaseModel):
    """Frozen; an unknown key is an error, so a misspelt key never passes silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Sourced(Strict):
    """Something with a source. `assumption` says what the office still has to confirm."""

    clause: Text
    assumption: str = ""


class ConditionBase(Sourced):
    """One condition. `quiet` lines are shown only when they are not met or unknown."""

    key: Key
    label: str = ""
    quiet: bool = False


class WorkYears(ConditionBase):
    """Years since work (or the trade) began, by calendar year.

    `inclusive`: the starting year counts. `relax` shortens by that many years.
    """

    kind: Literal["work_years"]
    years: Years
    basis: Literal["work", "trade"] = "work"
    inclusive: bool = True
    relax: Years = 0
    subtract_interruptions: bool = False


class WorkStartBy(ConditionBase):
    """Work began in the target year minus `offset`, or earlier."""

    kind: Literal["work_start_by"]
    offset: Years


class GradeYears(ConditionBase):
    """Years since the next lower grade was obtained, by calendar year.

    count man (满): certificate year <= Y - years; da (达): certificate year <= Y - years + 1.
    trade applied: the certificate is of the applied (or former) trade; other: of another trade.
    """

    kind: Literal["grade_years"]
    years: Years
    count: Literal["man", "da"]
    relax: Years = 0
    trade: Literal["applied", "other", "any"] = "applied"


class CertYearBy(ConditionBase):
    """The next lower grade was obtained in the target year minus `offset`, or earlier."""

    kind: Literal["cert_year_by"]
    offset: Years
    relax: Years = 0
    trade: Literal["applied", "other", "any"] = "applied"


class HoldsGrade(ConditionBase):
    """Holds a certificate of the applied grade plus `offset` (1 = the next lower grade)."""

    kind: Literal["holds_grade"]
    offset: Annotated[int, Field(ge=0, le=4)] = 1
    origin: Literal["any", "recheck", "other_province"] = "any"


class NotYetHeld(ConditionBase):
    """Does not already hold the applied grade or a higher one."""

    kind: Literal["not_yet_held"]


class FirstAfterRecheck(ConditionBase):
    """The highest grade came from a 复核 and no promotion followed (S002-50)."""

    kind: Literal["first_after_recheck"]


class ProbationDone(ConditionBase):
    """Probation is over: known from the roster, or `months` passed by the submit deadline."""

    kind: Literal["probation_done"]
    months: Annotated[int, Field(ge=1, le=36)] = 12


class EducationIn(ConditionBase):
    """An education in one of `sets`, or in one of `related_sets` with a fitting subject."""

    kind: Literal["education_in"]
    sets: tuple[str, ...] = ()
    related_sets: tuple[str, ...] = ()


class AppraisalsOk(ConditionBase):
    """Annual appraisals of the last `years` years; a new entrant's actual years."""

    kind: Literal["appraisals_ok"]
    years: Annotated[int, Field(ge=1, le=20)] = 5
    accept: tuple[str, ...] = ("excellent", "qualified")


class InPostUntil(ConditionBase):
    """Retirement comes after `day` (MM-DD) of the round's year plus `year_offset`."""

    kind: Literal["in_post_until"]
    day: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
    year_offset: Annotated[int, Field(ge=0, le=2)] = 0


class Active(ConditionBase):
    """Status is one of `statuses` and the person is not off post."""

    kind: Literal["active"]
    statuses: tuple[str, ...] = ("active",)


class NotBanned(ConditionBase):
    """No ban on applications is running."""

    kind: Literal["not_banned"]


class TradeOpen(ConditionBase):
    """The trade is open for this grade."""

    kind: Literal["trade_open"]


class TradeMatchesCurrent(ConditionBase):
    """The applied trade is the trade of the present post."""

    kind: Literal["trade_matches_current"]


class NotFormerTrade(ConditionBase):
    """After a 转岗 the former trade may not be applied for."""

    kind: Literal["not_former_trade"]


class ExceptionClass(ConditionBase):
    """One of these 破格 classes is fulfilled and has not been used before."""

    kind: Literal["exception_class"]
    classes: Annotated[tuple[str, ...], Field(min_length=1)]


class RecheckPerson(ConditionBase):
    """Who may use 复核: a placed veteran, or a person transferred from another province."""

    kind: Literal["recheck_person"]
    who: Literal["veteran", "other_province"]


class ServiceYears(ConditionBase):
    """工龄(军龄), the starting year included; counted to the placement year when 复核 is late.

    Late means more than `late_after` years after the placement year.
    """

    kind: Literal["service_years"]
    years: Years
    relax: Years = 0
    late_after: Annotated[int, Field(ge=0, le=10)] = 1


Condition = Annotated[
    WorkYears
    | WorkStartBy
    | GradeYears
    | CertYearBy
    | HoldsGrade
    | NotYetHeld
    | FirstAfterRecheck
    | ProbationDone
    | EducationIn
    | AppraisalsOk
    | InPostUntil
    | Active
    | NotBanned
    | TradeOpen
    | TradeMatchesCurrent
    | NotFormerTrade
    | ExceptionClass
    | RecheckPerson
    | ServiceYears,
    Field(discriminator="kind"),
]


class Gate(Strict):
    """A condition for everybody, or for some kinds, grades and modes."""

    key: Key
    kinds: tuple[KindKey, ...] = ()
    grades: tuple[GradeNumber, ...] = ()
    modes: tuple[ModeKey, ...] = ()
    condition: Condition


class Path(Strict):
    """All conditions of one path must hold; any path of a rule is enough."""

    key: Key
    label: Text
    conditions: Annotated[tuple[Condition, ...], Field(min_length=1)]


class EligibilityRule(Strict):
    """Who may apply: kind × grades × modes → one of the paths."""

    key: Key
    kind: KindKey
    grades: Annotated[tuple[GradeNumber, ...], Field(min_length=1)]
    modes: Annotated[tuple[ModeKey, ...], Field(min_length=1)]
    paths: Annotated[tuple[Path, ...], Field(min_length=1)]


class ExceptionClassDef(Sourced):
    """A class of 破格 condition; usable once in a career."""

    key: Key
    label: Text
    short: Text
    test: Literal["consecutive_excellent", "related_education", "honour", "claimed"]
    count: Annotated[int, Field(ge=1, le=10)] = 2
    within_years: Annotated[int, Field(ge=1, le=50)] = 5
    education_set: str = ""
    honours: tuple[str, ...] = ()


class When(Strict):
    """All given parts must hold. A part that needs an unknown fact is unknown."""

    kinds: tuple[KindKey, ...] = ()
    grades: tuple[GradeNumber, ...] = ()
    modes: tuple[ModeKey, ...] = ()
    trades: tuple[str, ...] = ()
    trade_permit: bool | None = None
    education_set: str = ""
    graduated_from: int | None = None
    graduated_until: int | None = None
    veteran: bool | None = None
    transferred: bool | None = None
    uses_exception: bool | None = None


class MaterialExtra(Sourced):
    """Added to an item's requirement and reason when `when` holds."""

    key: Key
    when: When
    requirement: Text
    reason: str = ""


class Material(Sourced):
    """One numbered slot of a material list. `max_bytes` in bytes.

    `when`: asked only then. `required_when`: compulsory only then, otherwise offered.
    `reason` says why a conditional slot is asked; `{trade}`, `{grade}`, `{lower_grade}`,
    `{mode}`, `{education}`, `{graduated}` are filled in.
    """

    key: Key
    number: Annotated[int, Field(ge=1, le=99)]
    title: Text
    short_name: Annotated[str, Field(min_length=1, max_length=20, pattern=r'^[^\\/:*?"<>|\s]+$')]
    requirement: Text
    copies: Annotated[int, Field(ge=1, le=5)] = 1
    form_name: str = ""
    format: Literal["pdf", "photo"] = "pdf"
    max_bytes: Annotated[int, Field(ge=1)]
    required: bool = True
    when: When | None = None
    required_when: When | None = None
    reason: str = ""
    evidence_fields: tuple[str, ...] = ()
    approval_form: bool = False
    photo: bool = False
    white_background: bool = True  # of a photo
    extras: tuple[MaterialExtra, ...] = ()


class MaterialList(Strict):
    """The list of a kind × modes. `include` takes over the items of another list first."""

    key: Key
    kinds: Annotated[tuple[KindKey, ...], Field(min_length=1)]
    modes: Annotated[tuple[ModeKey, ...], Field(min_length=1)]
    include: str = ""
    note: str = ""
    items: tuple[Material, ...] = ()
