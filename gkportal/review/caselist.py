"""我的办件 and 历史办件: tabs, filters, pages. Constant numbers of queries."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from peewee import JOIN, ModelSelect, fn

from gkportal.core import clock
from gkportal.core.actor import Actor
from gkportal.core.paging import COUNT_CAP, Page
from gkportal.core.text import clean_line
from gkportal.orgs.models import Organization
from gkportal.review.models import Case
from gkportal.review.queries import visible_cases
from gkportal.review.states import FINISHED_STATES

TABS = {"all": "全部", "mine": "待我办理", "review": "审核中", "done": "已办结"}


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """业务名称, 办件编号 (16 digits or the last 4), 扩展信息; `year` only in 历史办件 (S000-94)."""

    kind: str = ""
    number: str = ""
    extra: str = ""
    year: str = ""

    @classmethod
    def read(cls, args: Any) -> CaseFilters:
        """From request arguments."""
        return cls(**{item.name: clean_line(args.get(item.name), 64) for item in fields(cls)})

    def url_args(self) -> dict[str, str]:
        """The filters for an address."""
        return {key: value for key, value in asdict(self).items() if value}


def _scope(actor: Actor, history: bool) -> ModelSelect:
    """This year's cases and older ones still going on; in the history finished ones and those of earlier years."""
    this_year = f"{clock.today().year}"
    finished = Case.state.in_(FINISHED_STATES)
    if history:
        return visible_cases(actor).where(finished | (Case.number < this_year))
    return visible_cases(actor).where((Case.number >= this_year) | ~finished)


def _tab(query: ModelSelect, actor: Actor, tab: str) -> ModelSelect:
    if tab == "mine":
        return query.where(Case.holder == actor.org_id)
    if tab == "review":
        return query.where(Case.state == "in_review")
    if tab == "done":
        return query.where(Case.state.in_(FINISHED_STATES))
    return query


def _filtered(query: ModelSelect, filters: CaseFilters) -> ModelSelect:
    if filters.kind:
        query = query.where(Case.kind == filters.kind)
    if filters.number:
        digits = filters.number if filters.number.isascii() and filters.number.isdigit() else "-"
        query = query.where(Case.number == digits if len(digits) == 16 else Case.number.endswith(digits))
    if filters.extra:
        query = query.where(fn.INSTR(Case.extra, filters.extra) > 0)
    if len(filters.year) == 4 and filters.year.isascii() and filters.year.isdigit():
        query = query.where((Case.number >= filters.year) & (Case.number < str(int(filters.year) + 1)))
    return query


def _capped(query: ModelSelect) -> int:
    return query.select(Case.id).limit(COUNT_CAP + 1).count()


def number_problem(filters: CaseFilters) -> str:
    """What is wrong with the number asked for, or ""."""
    text = filters.number
    if text and not (text.isascii() and text.isdigit() and len(text) in (4, 16)):
        return f"办件编号应为 16 位数字或后 4 位，现在是“{text}”（{len(text)} 位），请核对。"
    return ""


def page(actor: Actor, tab: str, filters: CaseFilters, number: int, size: int, *, history: bool = False) -> Page:
    """One page of dict rows, newest first. Two queries."""
    query = _filtered(_tab(_scope(actor, history), actor, tab), filters)
    total = _capped(query)
    ids = query.select(Case.id).order_by(Case.id.desc()).offset((number - 1) * size).limit(size + 1)
    holder, unit = Organization.alias(), Organization.alias()
    rows = list(
        Case.select(Case, holder.name.alias("holder_name"), unit.name.alias("unit_name"))
        .join_from(Case, holder, JOIN.LEFT_OUTER, on=(Case.holder == holder.id))
        .join_from(Case, unit, on=(Case.unit == unit.id))
        .where(Case.id.in_(ids))
        .order_by(Case.id.desc())
        .objects()
    )
    return Page(rows[:size], number, size, min(total, COUNT_CAP), total > COUNT_CAP, has_next=len(rows) > size)


def tab_counts(actor: Actor, filters: CaseFilters, *, history: bool = False) -> dict[str, int]:
    """How many cases each tab holds under the filters, capped. One query per tab."""
    scope = _filtered(_scope(actor, history), filters)
    tabs = ("all",) if history else tuple(TABS)
    return {tab: _capped(_tab(scope, actor, tab)) for tab in tabs}


def kinds(actor: Actor) -> list[tuple[str, str]]:
    """(kind, 业务名称) of the visible cases, for the filter. One query."""
    rows = visible_cases(actor).select(Case.kind, Case.title).distinct().tuples()
    return sorted({kind: title for kind, title in rows}.items(), key=lambda pair: pair[0])


def years(actor: Actor) -> list[str]:
    """The years in which visible cases were opened, newest first. One query."""
    rows = visible_cases(actor).select(fn.SUBSTR(Case.number, 1, 4)).distinct().tuples()
    return sorted((row[0] for row in rows), reverse=True)
