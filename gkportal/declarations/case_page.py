"""What the page of a declaration shows: head, tally, one row per person with six tasks (S001-38, S000-99…107)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gkportal.core.actor import Actor
from gkportal.core.answer import Answer
from gkportal.declarations import queries, readiness, rules
from gkportal.declarations.models import Application
from gkportal.declarations.print_values import flag_label
from gkportal.declarations.readiness import Readiness
from gkportal.declarations.tasks import PersonTasks, tasks_of
from gkportal.orgs.models import Organization
from gkportal.orgs.queries import ancestors
from gkportal.policy import Pack, load_pack
from gkportal.review.models import Case
from gkportal.roster.names import name_keys, pinyin_query
from gkportal.rounds import queries as rounds
from gkportal.rounds.models import Round
from gkportal.rounds.rules import WindowView, view_window

#: States of the list in the order of the tally: (key, words, tone, icon).
TALLY = (
    ("ready", "齐全，可提交", "ok", "check-lg"),
    ("draft", "待完善", "doing", ""),
    ("withdrawn", "已撤回，待完善", "doing", ""),
    ("stale", "请重新打印", "warn", "printer"),
    ("returned", "退回修改", "warn", "arrow-return-left"),
    ("in_review", "审核中", "doing", "hourglass-split"),
    ("approved", "审核已通过", "ok", "check-lg"),
    ("rejected", "审核未通过", "bad", "x-lg"),
    ("closed", "逾期关闭", "bad", "x-lg"),
)
WORKABLE = ("ready", "draft", "withdrawn", "stale", "returned")


@dataclass(slots=True)
class PersonRow:
    """A row of the list; `number` is 序号 in the case."""

    number: int
    application: Application
    one: Readiness
    person: PersonTasks
    trade: str
    grade: str
    mode: str
    flag: str
    remove: Answer
    picked: bool = False
    open: bool = False

    @property
    def workable(self) -> bool:
        """Whether the person can be ticked for submitting."""
        return self.person.state in WORKABLE


@dataclass(slots=True)
class CasePage:
    """Everything the page shows. `case` is None before the first person is added."""

    kind: str
    unit: Organization
    round: Round | None
    pack: Pack | None
    case: Case | None
    window: WindowView | None
    add: Answer
    route: str = ""
    rows: list[PersonRow] = field(default_factory=list)
    shown: list[PersonRow] = field(default_factory=list)
    tally: list[tuple[str, str, str, str, int]] = field(default_factory=list)
    state: str = ""
    name: str = ""

    @property
    def title(self) -> str:
        """Name of the item."""
        return self.pack.kind(self.kind).label if self.pack else "等级申报"

    @property
    def picked(self) -> list[PersonRow]:
        """Ticked rows."""
        return [row for row in self.rows if row.picked]


def route_text(unit: Organization, pack: Pack, kind: str) -> str:
    """`青溪区交通运输局 → 青溪区工考办 → 云州市工考办`; one query. Steps nobody fills are left out."""
    above = ancestors(unit)
    names = []
    for step in pack.route(unit.level, kind, None):
        name = next((org.name for org in above if _reviews(org, step.reviewer)), None)
        if name and name not in names:
            names.append(name)
    return " → ".join(names)


def _reviews(org: Organization, selector: str) -> bool:
    if selector == "department":
        return org.kind == "department"
    return org.kind == "office" and org.level == selector.removesuffix("_office")


def current_page(actor: Actor, unit: Organization, kind: str, now: datetime) -> CasePage:
    """The page of a kind: the unit's open case of the current round, or the empty state."""
    round_ = rounds.current_round(unit.path)
    case = queries.open_case_of(unit.id, round_.id, kind) if round_ else None
    return build(actor, unit, kind, round_, case, now)


def build(
    actor: Actor, unit: Organization, kind: str, round_: Round | None, case: Case | None, now: datetime
) -> CasePage:
    """The page from its parts; a constant number of queries for any number of people."""
    pack = load_pack(case.pack_id if case else round_.pack_id) if case or round_ else None
    window = rounds.windows_of(round_.id).get(kind) if round_ else None
    late = rounds.exception_until(case.id, now) if case else None
    page = CasePage(
        kind=kind, unit=unit, round=round_, pack=pack, case=case, window=view_window(window, now) if window else None,
        add=rules.can_add(actor, unit, round_, window, now, late),
        route=route_text(unit, pack, kind) if pack else "",
    )  # fmt: skip
    if case is not None:
        page.rows = person_rows(actor, queries.applications_of(case), case, now)
        page.shown = page.rows
        page.tally = _tally(page.rows)
    return page


def person_rows(actor: Actor, applications: list[Application], case: Case, now: datetime) -> list[PersonRow]:
    """Rows of these people of one case, numbered in this order."""
    checked = readiness.check(applications, case, now)
    return [_row(actor, number, item, checked[item.id]) for number, item in enumerate(applications, 1)]


def _row(actor: Actor, number: int, application: Application, one: Readiness) -> PersonRow:
    pack = one.dossier.pack
    return PersonRow(
        number=number,
        application=application,
        one=one,
        person=tasks_of(one),
        trade=pack.trade_name(application.trade_code),
        grade=pack.grade_label(application.grade),
        mode=pack.mode_label(application.mode),
        flag=flag_label(one.dossier),
        remove=rules.can_remove(actor, application),
    )


def _tally(rows: list[PersonRow]) -> list[tuple[str, str, str, str, int]]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.person.state] = counts.get(row.person.state, 0) + 1
    return [(key, words, tone, icon, counts[key]) for key, words, tone, icon in TALLY if key in counts]


def narrow(page: CasePage, state: str, name: str) -> None:
    """Show only people in a state, or whose name holds the characters or begins with the pinyin (S000-101)."""
    known = {key for key, *_ in page.tally}
    page.state, page.name = state if state in known else "", name
    rows = [row for row in page.rows if not page.state or row.person.state == page.state]
    page.shown = [row for row in rows if _named(row.application.worker_name, name)] if name else rows


def _named(full: str, wanted: str) -> bool:
    prefix = pinyin_query(wanted)
    if prefix is None:
        return wanted in full
    return any(key.startswith(prefix) for key in name_keys(full))
