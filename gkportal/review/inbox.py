"""待办 and 已办: filters, pages, the place of a task in its queue. Constant numbers of queries."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from peewee import Expression, ModelSelect, fn

from gkportal.core import clock
from gkportal.core.actor import Actor
from gkportal.core.paging import COUNT_CAP, Page
from gkportal.core.text import clean_line, clean_name, whole_number
from gkportal.orgs.models import Organization
from gkportal.review.models import Case, ReviewTask
from gkportal.review.queries import visible_to
from gkportal.roster.names import pinyin_query

TABS = {"waiting": "待办", "done": "已办"}


@dataclass(frozen=True, slots=True)
class InboxFilters:
    """What the filter card asks for; empty fields do not restrict. `name` is a name part or pinyin initials.

    `name` is personal data: it lives in the server-side session and never in an address.
    """

    kind: str = ""
    grade: str = ""
    mode: str = ""
    trade: str = ""
    unit: str = ""
    arrived_from: str = ""
    arrived_to: str = ""
    decision: str = ""
    name: str = ""

    @classmethod
    def read(cls, args: Any, name: str = "") -> InboxFilters:
        """From request arguments; unknown values simply find nothing."""
        wanted = {item.name for item in fields(cls)} - {"name"}
        return cls(**{key: clean_line(args.get(key), 64) for key in wanted}, name=clean_name(name))

    def url_args(self) -> dict[str, str]:
        """What may stand in an address; `named` says that the session's name applies."""
        args = {key: value for key, value in asdict(self).items() if value and key != "name"}
        return args | ({"named": "1"} if self.name else {})

    @property
    def active(self) -> bool:
        """Whether anything restricts the list."""
        return any(asdict(self).values())


def _day(text: str, plus: int = 0) -> datetime | None:
    try:
        return clock.from_local(text) + timedelta(days=plus) if len(text) == 10 else None
    except ValueError:
        return None


def select(actor: Actor, tab: str, filters: InboxFilters) -> ModelSelect:
    """The matching tasks, unordered."""
    query = visible_to(actor).where(ReviewTask.state == ("done" if tab == "done" else "waiting"))
    plain = (
        (ReviewTask.kind, filters.kind),
        (ReviewTask.mode, filters.mode),
        (ReviewTask.trade_code, filters.trade),
        (ReviewTask.decision, filters.decision if tab == "done" else ""),
    )
    for column, value in plain:
        if value:
            query = query.where(column == value)
    if filters.grade:
        query = query.where(ReviewTask.grade == whole_number(filters.grade, -1))
    if filters.unit:
        query = query.where(
            ReviewTask.unit == Organization.select(Organization.id).where(Organization.public_id == filters.unit)
        )
    since, until = _day(filters.arrived_from), _day(filters.arrived_to, plus=1)
    if since:
        query = query.where(ReviewTask.arrived_at >= since)
    if until:
        query = query.where(ReviewTask.arrived_at < until)
    return _named(query, filters.name) if filters.name else query


def _named(query: ModelSelect, name: str) -> ModelSelect:
    spelt = pinyin_query(name)
    if spelt is not None:
        return query.where(fn.INSTR(ReviewTask.person_initials, f" {spelt}") > 0)
    return query.where(fn.INSTR(ReviewTask.person_name, name) > 0)


def ordered(query: ModelSelect, tab: str) -> ModelSelect:
    """待办 oldest first, so that nobody is left waiting; 已办 newest first."""
    if tab == "done":
        return query.order_by(ReviewTask.decided_at.desc(), ReviewTask.id.desc())
    return query.order_by(ReviewTask.arrived_at, ReviewTask.id)


def page(actor: Actor, tab: str, filters: InboxFilters, number: int, size: int) -> Page:
    """One page of dict rows. Two queries; ids first, then the joins for these rows only."""
    query = select(actor, tab, filters)
    total = capped_count(query)
    capped = total > COUNT_CAP
    ids = ordered(query.select(ReviewTask.id), tab).offset((number - 1) * size).limit(size + 1)
    unit = Organization.alias()
    rows = list(
        ReviewTask.select(
            ReviewTask.public_id,
            ReviewTask.person_name,
            ReviewTask.kind,
            ReviewTask.grade,
            ReviewTask.mode,
            ReviewTask.trade_code,
            ReviewTask.step_label,
            ReviewTask.submission,
            ReviewTask.arrived_at,
            ReviewTask.decided_at,
            ReviewTask.decided_by_name,
            ReviewTask.decision,
            ReviewTask.opinion,
            unit.name.alias("unit_name"),
            Case.number.alias("case_number"),
            Case.public_id.alias("case_public_id"),
            Case.pack_id,
        )
        .join_from(ReviewTask, unit, on=(ReviewTask.unit == unit.id))
        .join_from(ReviewTask, Case, on=(ReviewTask.case == Case.id))
        .where(ReviewTask.id.in_(ids))
        .order_by(*(ordered(ReviewTask.select(), tab)._order_by))
        .dicts()
    )
    return Page(rows[:size], number, size, min(total, COUNT_CAP), capped, has_next=len(rows) > size)


def capped_count(query: ModelSelect) -> int:
    """How many match, counting no further than one above the cap."""
    return query.select(ReviewTask.id).limit(COUNT_CAP + 1).count()


def tab_counts(actor: Actor) -> dict[str, int]:
    """{"waiting": n, "done": n} without filters, capped. Two queries."""
    return {tab: capped_count(select(actor, tab, InboxFilters())) for tab in TABS}


def waiting_count(actor: Actor) -> int:
    """How many tasks wait for the actor's organisation, capped (menu badge, hall)."""
    return capped_count(select(actor, "waiting", InboxFilters()))


def choices(actor: Actor, tab: str) -> dict[str, list[Any]]:
    """The values that occur in a tab, for its drop-down lists, and the packs they come from. Two queries."""
    base = select(actor, tab, InboxFilters())
    combos = (
        base.select(ReviewTask.kind, ReviewTask.grade, ReviewTask.mode, ReviewTask.trade_code, Case.pack_id)
        .join_from(ReviewTask, Case)
        .distinct()
        .tuples()
    )
    columns = list(zip(*combos, strict=True)) or [()] * 5
    kinds, grades, modes, trades, packs = (set(column) for column in columns)
    unit_ids = base.select(ReviewTask.unit).distinct()
    units = Organization.select(Organization.public_id, Organization.name).where(Organization.id.in_(unit_ids))
    return {
        "kind": sorted(filter(None, kinds)),
        "grade": sorted(filter(None, grades)),
        "mode": sorted(filter(None, modes)),
        "trade": sorted(filter(None, trades)),
        "pack": sorted(filter(None, packs), reverse=True),
        "unit": list(units.order_by(Organization.name).tuples()),
    }


@dataclass(frozen=True, slots=True)
class Place:
    """第 `number` / `total` 件, and the tasks before and after (public id, name); None at the ends."""

    number: int
    total: int
    capped: bool
    before: tuple[str, str] | None
    after: tuple[str, str] | None


def _before(task: ReviewTask) -> Expression:
    same = (ReviewTask.arrived_at == task.arrived_at) & (ReviewTask.id < task.id)
    return (ReviewTask.arrived_at < task.arrived_at) | same


def _after(task: ReviewTask) -> Expression:
    same = (ReviewTask.arrived_at == task.arrived_at) & (ReviewTask.id > task.id)
    return (ReviewTask.arrived_at > task.arrived_at) | same


def place(actor: Actor, task: ReviewTask, filters: InboxFilters) -> Place:
    """Where a task stands in the waiting queue under the filters. Four small queries."""
    queue = select(actor, "waiting", filters)
    total = capped_count(queue)
    earlier = capped_count(queue.where(_before(task)))
    named = queue.select(ReviewTask.public_id, ReviewTask.person_name).tuples()
    before = named.where(_before(task)).order_by(ReviewTask.arrived_at.desc(), ReviewTask.id.desc()).first()
    after = ordered(named.where(_after(task)), "waiting").first()
    return Place(min(earlier, COUNT_CAP) + 1, min(total, COUNT_CAP), total > COUNT_CAP, before, after)


def next_after(actor: Actor, task: ReviewTask, filters: InboxFilters) -> str | None:
    """Public id of the waiting task to open after this one: the next younger, else the oldest left."""
    queue = select(actor, "waiting", filters).select(ReviewTask.public_id).where(ReviewTask.id != task.id)
    found = ordered(queue.where(_after(task)), "waiting").tuples().first() or ordered(queue, "waiting").tuples().first()
    return found[0] if found else None


def waiting_ids(actor: Actor, filters: InboxFilters, limit: int) -> list[str]:
    """Public ids of all waiting tasks under the filters, oldest first, at most `limit` (选择全部 n 条)."""
    query = ordered(select(actor, "waiting", filters).select(ReviewTask.public_id), "waiting")
    return [row[0] for row in query.limit(limit).tuples()]


def days_waiting(arrived_at: datetime, today: Any) -> int:
    """Calendar days in China since arrival; 0 on the day itself."""
    return max(0, (today - clock.local(arrived_at).date()).days)
