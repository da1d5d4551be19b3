"""The dialog 添加申报人员: the unit's roster with a choice and a verdict per person (S000-71, S000-101, S000-105).

Everything the clerk has chosen travels in the form itself, so that a selection survives paging and filtering, works
without JavaScript, and is never a stale copy on the server (peers.md W11).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from gkportal.core.paging import PAGE_SIZES, Page, read_page
from gkportal.core.text import clean_line, clean_text
from gkportal.declarations import eligibility, queries
from gkportal.declarations.eligibility import Choice
from gkportal.declarations.operations import REASON_MAX, Pick
from gkportal.orgs.models import Organization
from gkportal.policy import DICTIONARIES, Facts, Pack, Verdict
from gkportal.roster import facts as roster_facts
from gkportal.roster import filters as roster_filters
from gkportal.roster import queries as roster
from gkportal.roster.queries import RosterFilters, WorkerBundle
from gkportal.rounds.models import Round

SIZES = tuple(size for size in PAGE_SIZES if size <= 50)
#: People judged at once when the list is narrowed by the verdict.
JUDGE_LIMIT = 2_000
#: Units up to this size are told how many people meet the conditions.
COUNT_LIMIT = 300
OUTCOMES = (
    ("met", "符合"),
    ("unknown", "待确认"),
    ("not_met", "不符合"),
    ("elsewhere", "不在本事项"),
    ("declared", "已申报"),
)


@dataclass(frozen=True, slots=True)
class PickerFilters:
    """What is asked of the list: roster conditions, and those that need a verdict (申报等级, 申报方式, 资格)."""

    roster: RosterFilters
    apply_grade: str = ""
    mode: str = ""
    outcome: str = ""

    @property
    def needs_verdicts(self) -> bool:
        """Whether everybody has to be judged before the page can be cut."""
        return bool(self.apply_grade or self.mode or self.outcome)


@dataclass(slots=True)
class Row:
    """One person of the list. `why_not` says why nothing can be chosen; `ask_reason` that a reason is needed."""

    worker_id: int
    public_id: str
    name: str
    id_number: str
    education: str
    trade: str
    grade: str
    choice: Choice
    verdict: Verdict
    outcome: str
    grades: list[tuple[int, str]]
    modes: list[tuple[str, str]]
    flags: list[tuple[str, str]]
    trades: list[tuple[str, str]]
    why_not: str = ""
    other_kind: str = ""
    picked: bool = False
    open: bool = False
    ask_reason: bool = False
    reason: str = ""
    problem: str = ""
    alternatives: str = ""


@dataclass(slots=True)
class View:
    """Everything the dialog shows."""

    rows: list[Row]
    page: Page
    filters: PickerFilters
    problems: dict[str, str]
    picked: list[Row]
    lost: list[tuple[str, str]]  # ticked people who cannot be added (any more), with the reason
    counts: dict[str, int]
    total_active: int
    allow_override: bool


@dataclass(slots=True)
class State:
    """What the form says: page, filters, who is ticked, opened, asked for a reason, and the posted values."""

    posted: MultiDict
    filters: PickerFilters
    number: int
    size: int
    picked: list[str] = field(default_factory=list)
    opened: set[str] = field(default_factory=set)
    why: set[str] = field(default_factory=set)


def read_state(posted: MultiDict, kind: str, pack: Pack) -> State:
    """Read the dialog's form; nonsense falls back to the default."""
    number, size = read_page({"page": posted.get("page") or posted.get("at", 1), "per_page": posted.get("per_page")})
    size = size if size in SIZES else SIZES[0]
    personal = {name: posted.get(name, "") for name in roster_filters.PERSONAL}
    plain = {"trade": posted.get("trade_code", ""), "grade": posted.get("held", ""), "status": roster_filters.ACTIVE}
    filters = PickerFilters(
        roster_filters.read_filters(plain, personal),
        apply_grade=_one_of(posted.get("apply_grade"), [str(grade) for grade in pack.kind(kind).grades]),
        mode=_one_of(posted.get("apply_mode"), [mode.key for mode in pack.kind(kind).modes]),
        outcome=_one_of(posted.get("outcome"), [key for key, _ in OUTCOMES]),
    )
    dropped = set(posted.getlist("drop"))
    picked = [item for item in dict.fromkeys([*posted.getlist("pick"), *posted.getlist("ask")]) if item not in dropped]
    opened = (set(posted.getlist("opened")) | set(posted.getlist("show"))) - set(posted.getlist("hide"))
    why = set(posted.getlist("why")) | set(posted.getlist("ask"))
    if posted.get("do") in ("search", "reset") or posted.get("do", "").startswith("size"):
        number = 1
    return State(posted, filters, number, size, picked[:500], opened | set(posted.getlist("ask")), why)


def _one_of(value: Any, allowed: list[str]) -> str:
    return str(value) if value in allowed else ""


class _Judge:
    """Judges people of one unit for one kind and round, each once."""

    def __init__(self, pack: Pack, kind: str, round_: Round, state: State) -> None:
        self.pack, self.kind, self.round, self.state = pack, kind, round_, state

    def rows(self, ids: list[int]) -> dict[int, Row]:
        bundles = roster.bundles(ids)
        taken = queries.live_applications(self.round.id, ids) if ids else {}
        return {key: self._row(bundle, taken.get(key)) for key, bundle in bundles.items()}

    def _row(self, bundle: WorkerBundle, taken: Any) -> Row:
        pack, worker, facts = self.pack, bundle.worker, roster_facts.facts_of(bundle)
        year = self.round.year
        default = eligibility.default_choice(pack, facts, self.kind, year)
        choice = eligibility.read_choice(self.state.posted, worker.public_id, pack, self.kind, year, default)
        verdict = eligibility.judge(pack, facts, self.kind, choice, year)
        other = eligibility.elsewhere(pack, facts, self.kind)
        row = Row(
            worker_id=worker.id,
            public_id=worker.public_id,
            name=worker.name,
            id_number=worker.id_number,
            education=DICTIONARIES["education"].label(worker.education),
            trade=pack.trade_name(worker.trade_code),
            grade=pack.grade_label(worker.grade),
            choice=choice,
            verdict=verdict,
            outcome=verdict.outcome,
            grades=[(number, pack.grade_label(number)) for number in pack.kind(self.kind).grades],
            modes=[(mode.key, mode.label) for mode in pack.modes_for(self.kind, choice.grade)],
            flags=[(flag.key, flag.label) for flag in pack.flags_for(self.kind, choice.grade, choice.mode, year)],
            trades=self._trades(choice),
            picked=worker.public_id in self.state.picked,
            open=worker.public_id in self.state.opened,
            reason=clean_text(self.state.posted.get(f"reason.{worker.public_id}"), REASON_MAX),
        )
        self._obstacles(row, facts, taken, other)
        return row

    def _trades(self, choice: Choice) -> list[tuple[str, str]]:
        trades = [(trade.code, trade.name) for trade in self.pack.open_trades(choice.grade)]
        if choice.trade_code and choice.trade_code not in {code for code, _ in trades}:
            trades.insert(0, (choice.trade_code, self.pack.trade_name(choice.trade_code)))
        return trades

    def _obstacles(self, row: Row, facts: Facts, taken: Any, other: str | None) -> None:
        if taken is not None:
            row.outcome, row.why_not = "declared", f"已在办件 {taken.case.number} 中申报"
        elif other is not None:
            row.outcome, row.other_kind = "elsewhere", other
            row.why_not = f"现为{self.pack.grade_label(facts.grade_held or 0)}，请走{self.pack.kind(other).label}"
        elif (facts.grade_held or 0) == 1 and self.kind != "level":
            row.outcome, row.why_not = "elsewhere", "已取得高级技师，没有更高的等级"
        elif row.outcome == "not_met":
            self._not_met(row, facts)
        if row.why_not:
            row.picked = False

    def _not_met(self, row: Row, facts: Facts) -> None:
        if not (self.pack.allow_override and row.verdict.allow_override):
            row.why_not = row.verdict.summary
            return
        row.ask_reason = row.public_id in self.state.why or row.picked
        if row.open:
            row.alternatives = self._others(row, facts)

    def _others(self, row: Row, facts: Facts) -> str:
        """Whether another mode would do, in a sentence."""
        met = []
        for key, label in row.modes:
            if key == row.choice.mode:
                continue
            choice = Choice(row.choice.grade, key, "", row.choice.trade_code)
            if eligibility.judge(self.pack, facts, self.kind, choice, self.round.year).outcome == "met":
                met.append(f"“{label}”")
        if met:
            return f"改选{'、'.join(met)}可以满足条件。"
        return "改选其他申报方式也不满足。" if len(row.modes) > 1 else ""


def build(
    unit: Organization, round_: Round, kind: str, pack: Pack, state: State, *, problems: dict | None = None
) -> View:
    """The dialog's page: a constant number of queries for 10 or 50 people."""
    found = roster_filters.problems(state.filters.roster, pack)
    judge = _Judge(pack, kind, round_, state)
    total = roster.search_unit(unit.id, None, 1, 10).total
    ids, counts, page = _page_ids(unit, state, judge, total, skip=bool(found))
    chosen = _chosen_ids(unit, state.picked)
    judged = judge.rows(list(dict.fromkeys([*ids, *chosen])))
    for row in judged.values():
        row.problem = "".join((problems or {}).get(row.public_id, []))
        if row.problem:
            row.ask_reason = row.open = True
    rows = [judged[key] for key in ids if key in judged]
    wanted = [judged[key] for key in chosen if key in judged]
    return View(
        rows=rows, page=page, filters=state.filters, problems=found, picked=[row for row in wanted if row.picked],
        lost=[(row.name, row.why_not) for row in wanted if row.why_not], counts=counts, total_active=total,
        allow_override=pack.allow_override,
    )  # fmt: skip


def _chosen_ids(unit: Organization, public_ids: list[str]) -> list[int]:
    """Row ids of the ticked people of this unit, in the order of ticking."""
    if not public_ids:
        return []
    model = roster.Worker
    found = dict(
        model.select(model.public_id, model.id)
        .where(model.public_id.in_(public_ids) & (model.unit == unit.id))
        .tuples()
    )
    return [found[key] for key in public_ids if key in found]


def _page_ids(
    unit: Organization, state: State, judge: _Judge, total: int, *, skip: bool
) -> tuple[list[int], dict[str, int], Page]:
    if skip:
        return [], {}, Page([], 1, state.size, 0)
    filters = state.filters
    if not filters.needs_verdicts:
        page = roster.search_unit(unit.id, filters.roster, state.number, state.size)
        counts = _counts(unit, judge) if total <= COUNT_LIMIT else {}
        return [row["id"] for row in page.rows], counts, page
    ids = roster.matching_unit_ids(unit.id, filters.roster, JUDGE_LIMIT)
    judged = judge.rows(ids)
    fitting = [key for key in ids if key in judged and _fits(judged[key], filters)]
    number = min(state.number, max(1, -(-len(fitting) // state.size)))
    start = (number - 1) * state.size
    page = Page([], number, state.size, len(fitting), has_next=start + state.size < len(fitting))
    return fitting[start : start + state.size], _tally(judged), page


def _counts(unit: Organization, judge: _Judge) -> dict[str, int]:
    ids = roster.matching_unit_ids(unit.id, RosterFilters(status=roster_filters.ACTIVE), COUNT_LIMIT)
    return _tally(judge.rows(ids))


def _tally(judged: dict[int, Row]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in judged.values():
        counts[row.outcome] = counts.get(row.outcome, 0) + 1
    return counts


def _fits(row: Row, filters: PickerFilters) -> bool:
    if filters.apply_grade and (str(row.choice.grade) != filters.apply_grade or row.outcome == "elsewhere"):
        return False
    if filters.mode and row.choice.mode != filters.mode:
        return False
    return not filters.outcome or row.outcome == filters.outcome


def picks(view: View) -> list[Pick]:
    """The ticked people with their choices, ready for `operations.add_applicants`."""
    return [Pick(row.public_id, row.choice, row.reason) for row in view.picked]


def clean_query(text: str | None) -> str:
    """A name or initials typed into a list filter."""
    return clean_line(text, 50).lower()
