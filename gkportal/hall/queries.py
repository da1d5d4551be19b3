"""What the hall shows: windows, what waits for the actor, favourites. A constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from peewee import fn

from gkportal.core import clock
from gkportal.core.actor import Actor, Role
from gkportal.declarations import states
from gkportal.declarations.models import Application
from gkportal.hall import items
from gkportal.hall.models import Favourite
from gkportal.policy import load_pack
from gkportal.review.models import Case, ReviewTask
from gkportal.rounds import queries as rounds
from gkportal.rounds.models import RoundWindow
from gkportal.rounds.rules import WindowView, view_window


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of 待我办理. `due` sorts; `note` says until when."""

    title: str
    count: str
    text: str
    note: str
    urgent: bool
    action: str
    endpoint: str
    arguments: dict[str, str]
    due: datetime


@dataclass(frozen=True, slots=True)
class HallWindow:
    """A window with its name."""

    title: str
    view: WindowView


def windows_for(actor: Actor, now: datetime) -> tuple[str, list[HallWindow]]:
    """(round title, its windows in order of closing) of the round the actor's organisation takes part in."""
    round_ = rounds.current_round(actor.org_path)
    if round_ is None:
        return "", []
    titles = {kind.key: kind.label for kind in load_pack(round_.pack_id).kinds}
    windows = [view_window(window, now) for window in rounds.windows_of(round_.id).values()]
    windows.sort(key=lambda view: (view.state == "closed", view.closes_at))
    return round_.title, [HallWindow(titles.get(view.kind, view.kind), view) for view in windows]


def favourites(actor: Actor) -> set[str]:
    """Keys of the starred items."""
    return {row.item_key for row in Favourite.select().where(Favourite.user == actor.user_id)}


def waiting_for(actor: Actor, now: datetime) -> list[Waiting]:
    """What the actor has to do, soonest first."""
    lines: list[Waiting] = []
    if actor.has(Role.CLERK):
        lines += _drafts(actor, now)
    if actor.has(Role.REVIEWER):
        lines += _tasks(actor, now)
    return sorted(lines, key=lambda line: line.due)


#: State of an application that waits for its unit → words before the title, what is to be done, label of the link.
_UNIT_WORK = {
    states.DRAFT: ("", "待完善或待提交", "继续办理"),
    states.RETURNED: ("退回修改　", "", "去修改"),
    states.WITHDRAWN: ("已撤回　", "可修改后重新提交", "继续办理"),
}


def _drafts(actor: Actor, now: datetime) -> list[Waiting]:
    rows = list(
        Application.select(
            Case.id.alias("case_id"), Case.public_id, Case.title, Application.round.alias("round_id"), Application.kind,
            Application.state, fn.COUNT(Application.id).alias("people"), fn.MAX(Application.worker_name).alias("one"),
            fn.MAX(Application.feedback).alias("feedback"),
        )
        .join(Case, on=(Application.case == Case.id))
        .where((Application.unit == actor.org_id) & Application.state.in_(sorted(_UNIT_WORK)))
        .group_by(Case.id, Application.kind, Application.state)
        .dicts()
    )  # fmt: skip
    windows = rounds.windows_of_rounds({row["round_id"] for row in rows})
    late = rounds.exceptions_until([row["case_id"] for row in rows], now)
    return [
        _draft_line(row, windows.get((row["round_id"], row["kind"])), late.get(row["case_id"]), now) for row in rows
    ]


def _draft_line(row: dict, window: RoundWindow | None, late: datetime | None, now: datetime) -> Waiting:
    before, text, action = _UNIT_WORK[row["state"]]
    returned = row["state"] == states.RETURNED
    last = (max(window.closes_at, window.correct_until) if returned else window.closes_at) if window else now
    due = max(last, late) if late else last
    days = (clock.local(due).date() - clock.local(now).date()).days
    left = f"{days} 天" if days else f"{int((due - now).total_seconds() // 3600)} 小时"
    word = "延期" if due != last else "补正" if returned else "截止"
    who = row["one"] if returned and row["people"] == 1 else f"{row['people']} 人"
    return Waiting(
        f"{before}{row['title']}", who, row["feedback"] if returned else text,
        f"{word}还剩 {left}" if due > now else f"{word}时间已过", days <= 3, action, "declarations.case",
        {"public_id": row["public_id"]}, due,
    )  # fmt: skip


def _tasks(actor: Actor, now: datetime) -> list[Waiting]:
    rows = (
        ReviewTask.select(
            ReviewTask.kind,
            ReviewTask.step_label,
            fn.COUNT(ReviewTask.id).alias("people"),
            fn.MIN(ReviewTask.arrived_at).alias("first"),
        )
        .where((ReviewTask.organization == actor.org_id) & (ReviewTask.state == "waiting"))
        .group_by(ReviewTask.kind, ReviewTask.step_label)
        .dicts()
    )
    titles = {item.kind: item.title for item in items.ITEMS if item.kind}
    lines = []
    for row in rows:
        first = row["first"] if isinstance(row["first"], datetime) else datetime.fromisoformat(row["first"])
        days = (clock.local(now).date() - clock.local(first).date()).days
        lines.append(
            Waiting(
                f"{row['step_label']}　{titles.get(row['kind'], '')}", f"{row['people']} 人", "按到达先后办理",
                f"最早的已等 {days} 天", days >= 5, "去审核", "review.inbox", {"kind": row["kind"]}, first,
            )
        )  # fmt: skip
    return lines
