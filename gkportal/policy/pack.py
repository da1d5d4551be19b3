"""A loaded pack: look-ups and the questions other packages ask."""

from __future__ import annotations

from datetime import date, datetime

from gkportal.policy import eligibility, form_check, material_lists
from gkportal.policy.facts import Facts
from gkportal.policy.form_data import Problem
from gkportal.policy.material_lists import MaterialItem
from gkportal.policy.schema import (
    EducationSet,
    Flag,
    FormDefinition,
    Kind,
    Mode,
    Notice,
    Opinion,
    PackData,
    PackHead,
    PrintRules,
    Quota,
    Route,
    Step,
    Texts,
    Trade,
    Window,
)
from gkportal.policy.schema_rules import EligibilityRule, ExceptionClassDef, Gate, MaterialList
from gkportal.policy.verdicts import Option, Verdict


class Pack:
    """One edition of one region. Immutable; safe to share between threads."""

    def __init__(self, data: PackData) -> None:
        self.data = data
        self._kinds = {item.key: item for item in data.kinds}
        self._modes = {item.key: item for item in data.modes}
        self._grades = {item.number: item.label for item in data.grades}
        self._trades = {item.code: item for item in data.trades}
        self._names = self._trade_names()
        self._open = self._open_codes()
        self._sets = {item.key: item for item in data.education_sets}
        self._classes = {item.key: item for item in data.exception_classes}
        self._steps = {item.key: item for item in data.steps}
        self._rules = {
            (rule.kind, grade, mode): rule for rule in data.eligibility for grade in rule.grades for mode in rule.modes
        }
        self._gates: dict[tuple[str, int, str], tuple[Gate, ...]] = {}

    def _trade_names(self) -> dict[str, str]:
        names = {alias: item.code for item in self.data.trades for alias in item.aliases}
        names.update({item.name: item.code for item in self.data.trades})
        names.update({item.code: item.code for item in self.data.trades})
        return names

    def _open_codes(self) -> dict[int, frozenset[str]]:
        found: dict[int, set[str]] = {}
        for item in self.data.open_trades:
            for grade in item.grades:
                found.setdefault(grade, set()).update(self._names[name] for name in item.trades)
        return {grade: frozenset(codes) for grade, codes in found.items()}

    # -- identity -----------------------------------------------------------------------

    @property
    def head(self) -> PackHead:
        """Region, edition, year, title, affiliation."""
        return self.data.pack

    @property
    def id(self) -> str:
        """region/edition."""
        return f"{self.head.region}/{self.head.edition}"

    @property
    def region(self) -> str:
        """Region part of the id."""
        return self.head.region

    @property
    def edition(self) -> str:
        """Edition part of the id."""
        return self.head.edition

    @property
    def year(self) -> int:
        """The year the pack was written for."""
        return self.head.year

    @property
    def title(self) -> str:
        """Title for lists."""
        return self.head.title

    @property
    def affiliation(self) -> str:
        """Fixed text of 隶属关系 (S002-118)."""
        return self.head.affiliation

    @property
    def labels(self) -> dict[str, str]:
        """Labels of general things, by key."""
        return self.data.labels

    @property
    def allow_override(self) -> bool:
        """May somebody who is not eligible be added with a stated reason?"""
        return self.head.allow_override

    # -- kinds, grades, modes -----------------------------------------------------------

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """All kinds in order."""
        return self.data.kinds

    def find_kind(self, key: str) -> Kind | None:
        """The kind of that key or None."""
        return self._kinds.get(key)

    def kind(self, key: str) -> Kind:
        """The kind of that key; KeyError."""
        return self._kinds[key]

    def kind_for_grade(self, grade: int) -> Kind | None:
        """The kind that assesses a grade."""
        return next((item for item in self.data.kinds if grade in item.grades), None)

    def grade_label(self, grade: int) -> str:
        """初级工 … 高级技师, 未定级; the number when unknown."""
        return self._grades.get(grade, str(grade))

    def mode(self, key: str) -> Mode:
        """The mode of that key; KeyError."""
        return self._modes[key]

    def mode_label(self, key: str) -> str:
        """正常申报 …; the key when unknown."""
        found = self._modes.get(key)
        return found.label if found else key

    def mode_grades(self, kind: str, mode: str) -> tuple[int, ...]:
        """Grades a mode of a kind is open for."""
        definition = self._kinds[kind]
        found = next((item for item in definition.modes if item.key == mode), None)
        return () if found is None else found.grades or definition.grades

    def modes_for(self, kind: str, grade: int) -> tuple[Mode, ...]:
        """Modes somebody may choose for a grade."""
        return tuple(
            self._modes[item.key] for item in self._kinds[kind].modes if grade in self.mode_grades(kind, item.key)
        )

    def flags_for(self, kind: str, grade: int, mode: str, year: int) -> tuple[Flag, ...]:
        """申报标记 that may be set."""
        flags = self._kinds[kind].flags
        return tuple(
            item for item in flags if grade in item.grades and mode in item.modes and self.flag_open(item, year)
        )

    @staticmethod
    def flag_open(flag: Flag, year: int) -> bool:
        """A flag with a cycle is open only in the cycle's first year (S002-90)."""
        return (year - flag.cycle_base) % flag.cycle_years == 0

    # -- trades -------------------------------------------------------------------------

    @property
    def trades(self) -> tuple[Trade, ...]:
        """The whole catalogue."""
        return self.data.trades

    def trade(self, code: str) -> Trade | None:
        """The trade of that code."""
        return self._trades.get(code)

    def resolve_trade(self, text: str) -> str | None:
        """Code of a trade given by code, merged name or old name; None when not in the catalogue."""
        return self._names.get(text) or self._names.get(text.strip())

    def trade_name(self, text: str | None) -> str:
        """The merged name of a code or name; the text itself when not in the catalogue."""
        code = self.resolve_trade(text or "")
        return self._trades[code].name if code else text or ""

    def is_open(self, code: str, grade: int) -> bool:
        """Is the trade open for the grade in this edition?"""
        return code in self._open.get(grade, frozenset())

    def open_trades(self, grade: int) -> tuple[Trade, ...]:
        """Trades open for a grade, in catalogue order."""
        return tuple(item for item in self.data.trades if self.is_open(item.code, grade))

    def category_label(self, key: str) -> str:
        """服务类 … of a category key."""
        return next((item.label for item in self.data.categories if item.key == key), key)

    # -- times, routes, quotas ----------------------------------------------------------

    def window(self, kind: str, year: int | None = None) -> Window:
        """The times of a kind, moved to `year` when it is not the pack's own. KeyError."""
        found = next((item for item in self.data.windows if item.kind == kind), None)
        if found is None:
            raise KeyError(kind)
        if year is None or year == self.year:
            return found
        moved = {
            name: _move(getattr(found, name), year - self.year)
            for name in ("opens", "submit_deadline", "correct_until")
        }
        return found.model_copy(update=moved)

    def route(self, unit_level: str, kind: str, grade: int | None = None) -> tuple[Step, ...]:
        """Review steps for a unit of a level (district/city/province). KeyError when none fits.

        The caller leaves out a step whose organisation the unit does not have.
        """
        for route in self.data.routes:
            if _route_fits(route, unit_level, kind, grade):
                return tuple(self._steps[key] for key in route.steps)
        raise KeyError((unit_level, kind, grade))

    def step(self, key: str) -> Step:
        """The step of that key; KeyError."""
        return self._steps[key]

    def quota(self, kind: str, trade_code: str) -> Quota | None:
        """申报指标 that binds a trade, if any."""
        trade = self.trade(trade_code)
        for item in self.data.quotas:
            if item.kind == kind and (not item.general_only or (trade is not None and trade.general)):
                return item
        return None

    # -- rules --------------------------------------------------------------------------

    def rule(self, kind: str, grade: int, mode: str) -> EligibilityRule | None:
        """The eligibility rule of a combination."""
        return self._rules.get((kind, grade, mode))

    def gates(self, kind: str, grade: int, mode: str) -> tuple[Gate, ...]:
        """Conditions for everybody that apply to a combination."""
        key = (kind, grade, mode)
        if key not in self._gates:
            self._gates[key] = tuple(item for item in self.data.gates if _gate_fits(item, *key))
        return self._gates[key]

    def education_set(self, key: str) -> EducationSet:
        """A named set of education codes; KeyError."""
        return self._sets[key]

    def exception_class(self, key: str) -> ExceptionClassDef:
        """A class of 破格 condition; KeyError."""
        return self._classes[key]

    def evaluate(
        self,
        facts: Facts,
        *,
        kind: str,
        grade: int,
        mode: str,
        flag: str | None = None,
        trade_code: str | None = None,
        year: int,
    ) -> Verdict:
        """May this person apply? Unknown facts give "unknown", never an exception."""
        return eligibility.evaluate(
            self, facts, kind=kind, grade=grade, mode=mode, flag=flag, trade_code=trade_code, year=year
        )

    def options(self, facts: Facts, *, year: int) -> tuple[Option, ...]:
        """What the person could apply for, best first; see eligibility.options."""
        return eligibility.options(self, facts, year=year)

    # -- materials, form, texts ---------------------------------------------------------

    def material_definition(self, kind: str, mode: str) -> MaterialList | None:
        """The list as written, before any condition."""
        return next((item for item in self.data.materials if kind in item.kinds and mode in item.modes), None)

    def material_list(
        self,
        kind: str,
        grade: int,
        mode: str,
        trade_code: str | None,
        facts: Facts,
        *,
        flag: str | None = None,
        year: int | None = None,
    ) -> tuple[MaterialItem, ...]:
        """The numbered slots asked from this person. KeyError when no list fits."""
        return material_lists.build(self, kind, grade, mode, trade_code, facts, flag=flag, year=year or self.year)

    def form(self, kind: str) -> FormDefinition:
        """The form of a kind. KeyError."""
        for item in self.data.forms:
            if kind in item.kinds:
                return item
        raise KeyError(kind)

    def choices(self, kind: str, field_key: str, section: str | None = None) -> tuple[tuple[str, str], ...]:
        """(value, label) pairs of a choice, grade, yes_no or trade field (or row column)."""
        return form_check.choices(self, kind, field_key, section)

    def check_form(
        self, kind: str, data: dict, facts: Facts | None = None, *, today: date | None = None
    ) -> tuple[Problem, ...]:
        """Everything wrong with the form's data, in the order of the form."""
        return form_check.check(self, kind, data, facts, today)

    @property
    def texts(self) -> Texts:
        """Pledge, opinions, notices, contact."""
        return self.data.texts

    def opinions(self, decision: str, step: str | None = None) -> tuple[Opinion, ...]:
        """Canned opinions for a decision at a step."""
        return tuple(
            item
            for item in self.data.texts.opinions
            if item.decision == decision and (not item.steps or step is None or step in item.steps)
        )

    def notices(self, kind: str) -> tuple[Notice, ...]:
        """Help texts of a kind."""
        return tuple(item for item in self.data.texts.notices if not item.kinds or kind in item.kinds)

    @property
    def printing(self) -> PrintRules:
        """Copies and print gate of the 审批表."""
        return self.data.printing


def _move(moment: datetime | None, years: int) -> datetime | None:
    if moment is None:
        return None
    day = 28 if (moment.month, moment.day) == (2, 29) else moment.day
    return moment.replace(year=moment.year + years, day=day)


def _route_fits(route: Route, unit_level: str, kind: str, grade: int | None) -> bool:
    if unit_level not in route.unit_levels or (route.kinds and kind not in route.kinds):
        return False
    return not route.grades or grade is None or grade in route.grades


def _gate_fits(gate: Gate, kind: str, grade: int, mode: str) -> bool:
    pairs = ((gate.kinds, kind), (gate.grades, grade), (gate.modes, mode))
    return all(not allowed or value in allowed for allowed, value in pairs)
