"""Searching the roster: every shape keeps its price at a million workers (performance.md, "Queries alone").

Two steps always: the ids of one page, then their rows. What leads the search decides index and order:

- a number or its tail: its index;
- 汉字: one token per character in FTS5, in order of entry (inside one unit the unit's names are read instead);
- pinyin: a prefix of `worker_name_key`, in order of the key; the smallest fitting key of a person counts;
- birth dates: their index, in their order;
- other columns: in order of entry for a whole city, unit by unit below an office or department;
- nothing but the status: `worker_count` tells in which units the page lies, so page 90,000 is as near as page 1.

A `+` before a column keeps SQLite from starting at its index. Counts stop at COUNT_CAP.
"""

# SQL is put together from the fixed fragments of this file; every value is a parameter.
# ruff: noqa: S608

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import accumulate
from typing import Any

from gkportal.core import db
from gkportal.core.actor import Actor
from gkportal.core.paging import COUNT_CAP, Page
from gkportal.orgs.models import Organization
from gkportal.policy import Pack
from gkportal.roster.catalogue import catalogue
from gkportal.roster.filters import RosterFilters
from gkportal.roster.labels import load_rows
from gkportal.roster.names import fts_query, pinyin_query
from gkportal.roster.scope import Scope, scope_of


def search(actor: Actor, filters: RosterFilters, number: int = 1, size: int = 10, *, pack: Pack | None = None) -> Page:
    """One page of the workers the actor may see. Rows are dicts (labels.load_rows); the filters are checked."""
    pack = pack or catalogue()
    return _page(_narrow(scope_of(actor), filters), filters, number, size, pack)


def search_unit(
    unit_id: int, filters: RosterFilters | None = None, number: int = 1, size: int = 10, *, pack: Pack | None = None
) -> Page:
    """One page of a unit's workers for the picker (S000-101); by default those in 在职."""
    filters = filters or RosterFilters(status="active")
    return _page(Scope(unit_id=unit_id), filters, number, size, pack or catalogue())


def matching_ids(actor: Actor, filters: RosterFilters, limit: int) -> list[int]:
    """Ids of everybody the filters find, for 选择全部 (W11); at most `limit`."""
    scope, pack = _narrow(scope_of(actor), filters), catalogue()
    if scope.nobody:
        return []
    return _ids(_plan(scope, filters, pack), limit, 0)


def matching_unit_ids(unit_id: int, filters: RosterFilters, limit: int) -> list[int]:
    """As `matching_ids`, within one unit."""
    return _ids(_plan(Scope(unit_id=unit_id), filters, catalogue()), limit, 0)


def _narrow(scope: Scope, filters: RosterFilters) -> Scope:
    """Apply 上级工考办 and 主管单位 to what the actor may see."""
    if scope.nobody:
        return scope
    if filters.office:
        office = Organization.select(Organization.path).where(Organization.public_id == filters.office)
        scope = scope.below(office.where(Organization.kind == "office").scalar() or "")
    return replace(scope, department=filters.department) if filters.department else scope


# -- pages -----------------------------------------------------------------------------------


def _page(scope: Scope, filters: RosterFilters, number: int, size: int, pack: Pack | None) -> Page:
    if scope.nobody:
        return Page([], 1, size, 0)
    if filters.status_only:
        return _counted_page(scope, filters, number, size, pack)
    plan = _plan(scope, filters, pack)
    total = _one(plan.count_sql(), [*plan.all_params(), COUNT_CAP + 1])
    capped = total > COUNT_CAP
    if not capped:
        number = _last(number, total, size)
    ids = _ids(plan, size + 1, (number - 1) * size)
    rows = load_rows(ids[:size], pack)
    return Page(rows, number, size, min(total, COUNT_CAP), capped=capped, has_next=len(ids) > size)


def _last(number: int, total: int, size: int) -> int:
    return min(number, max(1, -(-total // size)))


def _counted_page(scope: Scope, filters: RosterFilters, number: int, size: int, pack: Pack | None) -> Page:
    units = _counted(scope, filters.status)
    ends = list(accumulate(people for _, people in units))
    total = ends[-1] if ends else 0
    number = _last(number, total, size)
    offset = (number - 1) * size
    first, last = bisect_right(ends, offset), bisect_left(ends, offset + size)
    here = [
        (unit_id, end - people, end)
        for (unit_id, people), end in zip(units[first : last + 1], ends[first:], strict=False)
    ]
    rows = load_rows(_ids_in(here, filters.status, offset, size), pack)
    return Page(rows, number, size, total, has_next=offset + size < total)


def _counted(scope: Scope, status: str) -> list[tuple[int, int]]:
    """(unit id, number of people) of the units in the scope, in list order; the row of status "" counts everybody."""
    if scope.everything and not scope.department:
        return _all(
            "SELECT unit_id, number FROM worker_count WHERE status = ? AND number > 0 ORDER BY unit_id", [status]
        )
    where, params = scope.units_sql()
    return _all(
        "SELECT c.unit_id, c.number FROM organization o CROSS JOIN worker_count c ON c.unit_id = o.id"
        f" WHERE c.status = ? AND c.number > 0 AND {where} ORDER BY o.path, o.id",
        [status, *params],
    )


def _ids_in(units: list[tuple[int, int, int]], status: str, offset: int, size: int) -> list[int]:
    """Ids of one page out of these units (id, people before it, people up to its end); one query."""
    if not units:
        return []
    state = " AND status = ?" if status else ""
    arms, params = [], []
    for unit_id, before, upto in units:
        skip = max(0, offset - before)
        take = min(upto, offset + size) - before - skip
        arms.append(f"SELECT * FROM (SELECT id FROM worker WHERE unit_id = ?{state} ORDER BY id LIMIT ? OFFSET ?)")
        params += [unit_id, *([status] if status else []), take, skip]
    return [row[0] for row in _all(" UNION ALL ".join(arms), params)]


# -- plans -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Plan:
    """FROM, the leading condition, order, and the further conditions (SQL with `w.` and parameters)."""

    source: str
    lead: str = "1"
    params: list[Any] = field(default_factory=list)
    order: str = "w.id"
    key: str = "w.id"
    rest: list[tuple[str, list[Any]]] = field(default_factory=list)
    free_count: bool = False  # counting may use the column indexes, which do not give the order

    def where(self, *, quiet: bool = True) -> str:
        mark = "+" if quiet else ""
        return " AND ".join([self.lead, *(mark + sql for sql, _ in self.rest)])

    def all_params(self) -> list[Any]:
        return [*self.params, *(value for _, values in self.rest for value in values)]

    def count_sql(self) -> str:
        return (
            f"SELECT count(*) FROM (SELECT 1 FROM {self.source} WHERE {self.where(quiet=not self.free_count)} LIMIT ?)"
        )

    def ids_sql(self) -> str:
        return f"SELECT {self.key} FROM {self.source} WHERE {self.where()} ORDER BY {self.order} LIMIT ? OFFSET ?"


def _ids(plan: _Plan, limit: int, offset: int) -> list[int]:
    return [row[0] for row in _all(plan.ids_sql(), [*plan.all_params(), limit, offset])]


def _plan(scope: Scope, filters: RosterFilters, pack: Pack | None) -> _Plan:
    rest = _columns(filters, pack)
    if filters.id_number:
        return _by_number(scope, filters, rest)
    if filters.name:
        return _by_name(scope, filters.name, rest)
    return _by_columns(scope, filters, rest)


def _columns(filters: RosterFilters, pack: Pack | None) -> list[tuple[str, list[Any]]]:
    exact = (
        ("status", filters.status),
        ("education", filters.education),
        ("sex", filters.sex),
        ("trade_code", filters.trade),
    )
    rest: list[tuple[str, list[Any]]] = [(f"w.{name} = ?", [value]) for name, value in exact if value]
    if filters.grade:
        rest.append(("w.grade = ?", [int(filters.grade)]))
    if filters.category and not filters.trade:
        codes = [item.code for item in pack.trades if item.category == filters.category] if pack else []
        rest.append((f"w.trade_code IN ({', '.join('?' * len(codes))})", [*codes]))
    if filters.born_from:
        rest.append(("w.birth_date >= ?", [filters.born_from]))
    if filters.born_to:
        rest.append(("w.birth_date <= ?", [filters.born_to]))
    return rest


def _by_number(scope: Scope, filters: RosterFilters, rest: list[tuple[str, list[Any]]]) -> _Plan:
    column = "w.id_number" if len(filters.id_number) == 18 else "w.id_tail"
    if filters.name:
        rest = [*rest, _name_test(filters.name)]
    return _Plan("worker w", f"{column} = ?", [filters.id_number], rest=[*rest, *_in_scope(scope)])


def _name_test(name: str) -> tuple[str, list[Any]]:
    """A condition on the name for searches that are led by something else."""
    prefix = pinyin_query(name)
    if prefix is None:
        return "instr(replace(w.name, '·', ''), ?) > 0", [name.replace("·", "")]
    return "EXISTS (SELECT 1 FROM worker_name_key k WHERE k.worker_id = w.id AND k.key >= ? AND k.key < ?)", [
        prefix,
        prefix + "~",
    ]


def _in_scope(scope: Scope, column: str = "w.unit_id") -> list[tuple[str, list[Any]]]:
    if scope.everything and not scope.department:
        return []
    if scope.unit_id is not None and not scope.department:
        return [(f"{column} = ?", [scope.unit_id])]
    where, params = scope.units_sql()
    return [(f"{column} IN (SELECT o.id FROM organization o WHERE {where})", params)]


def _by_name(scope: Scope, name: str, rest: list[tuple[str, list[Any]]]) -> _Plan:
    prefix = pinyin_query(name)
    if prefix is not None:
        return _by_pinyin(scope, prefix, rest)
    if scope.unit_id is not None:
        return _Plan("worker w", *_lead(_in_scope(scope)), rest=[*rest, _name_test(name)])
    rest = [*rest, *_in_scope(scope)]
    if rest and not scope.everything and _people(scope) <= _READ_NAMES:
        where, params = scope.units_sql()
        return _Plan(_UNITS, where, params, "o.path, o.id, w.id", rest=[*rest, _name_test(name)])
    source = "worker_name_fts CROSS JOIN worker w ON w.id = worker_name_fts.rowid" if rest else "worker_name_fts"
    key = "worker_name_fts.rowid"
    return _Plan(source, "worker_name_fts MATCH ?", [fts_query(name)], key, key, rest)


def _people(scope: Scope) -> int:
    return sum(people for _, people in _counted(scope, ""))


def _lead(scoped: list[tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    sql, params = scoped[0]
    return sql, [*params]


def _by_pinyin(scope: Scope, prefix: str, rest: list[tuple[str, list[Any]]]) -> _Plan:
    # A person has several keys; the smallest one that fits stands for the person, so nobody comes twice.
    lead = (
        "k.key >= ? AND k.key < ? AND NOT EXISTS (SELECT 1 FROM worker_name_key s"
        " WHERE s.worker_id = k.worker_id AND s.key >= ? AND s.key < k.key)"
    )
    params: list[Any] = [prefix, prefix + "~", prefix]
    source, order = "worker_name_key k", "k.key, k.worker_id"
    if scope.unit_id is not None:
        lead, params = f"k.unit_id = ? AND {lead}", [scope.unit_id, *params]
    if scope.department or scope.path:
        where, below = scope.units_sql()
        lead, params = f"{where} AND {lead}", [*below, *params]
        source, order = "organization o CROSS JOIN worker_name_key k ON k.unit_id = o.id", f"o.path, o.id, {order}"
    if rest:
        source += " CROSS JOIN worker w ON w.id = k.worker_id"
    return _Plan(source, lead, params, order, "k.worker_id", rest)


def _by_columns(scope: Scope, filters: RosterFilters, rest: list[tuple[str, list[Any]]]) -> _Plan:
    if scope.unit_id is not None:
        return _Plan("worker w", *_lead(_in_scope(scope)), rest=rest)
    exact = [item for item in rest if item[0] in _ORDERED]
    born = [item for item in rest if item[0].startswith("w.birth_date")]
    below = _in_scope(scope)
    if born and _few_days(filters):
        return _leading([*rest, *below], born, "w.birth_date, w.id")
    if below:
        where, params = scope.units_sql()
        return _Plan(_UNITS, where, params, "o.path, o.id, w.id", rest=rest)
    if born and not exact:
        return _leading(rest, born, "w.birth_date, w.id")
    if exact:
        return _leading(rest, exact[:1], "w.id")
    return _Plan("worker w", rest=rest, free_count=True)


_UNITS = "organization o CROSS JOIN worker w ON w.unit_id = o.id"
#: Columns whose index also gives the order of entry.
_ORDERED = ("w.trade_code = ?", "w.grade = ?", "w.education = ?")
#: In scopes with at most so many people, reading their names beats looking a character up in the whole city.
_READ_NAMES = 20_000


def _leading(rest: list[tuple[str, list[Any]]], first: list[tuple[str, list[Any]]], order: str) -> _Plan:
    lead = " AND ".join(sql for sql, _ in first)
    others = [item for item in rest if item not in first]
    return _Plan("worker w", lead, [value for _, values in first for value in values], order, rest=others)


def _few_days(filters: RosterFilters) -> bool:
    """Whether the birth dates lie within a year: then their index narrows most."""
    if not (filters.born_from and filters.born_to):
        return False
    return (date.fromisoformat(filters.born_to) - date.fromisoformat(filters.born_from)).days <= 366


def _all(sql: str, params: list[Any]) -> list[tuple]:
    return db.database.execute_sql(sql, params).fetchall()


def _one(sql: str, params: list[Any]) -> int:
    return int(_all(sql, params)[0][0])
