"""What a case is as a whole, projected from its people, for 我的办件 and the inbox."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from gkportal.declarations import states
from gkportal.declarations.models import Application
from gkportal.policy import Pack, load_pack
from gkportal.review import operations as review
from gkportal.review.models import Case


def project(case_id: int, now: datetime) -> None:
    """Bring `Case.state`, holder and 扩展信息 up to date, in the caller's transaction."""
    case = Case.get_by_id(case_id)
    # Only what the projection needs: forms and snapshots are large.
    columns = (Application.state, Application.step_index, Application.route, Application.grade, Application.mode)
    people = list(Application.select(*columns).where(Application.case == case_id))
    state, holder, label = _whole(case, people)
    review.project_case(
        case_id=case_id, now=now, state=state, holder_id=holder, holder_label=label,
        extra=_extra(load_pack(case.pack_id), people),
    )  # fmt: skip


def _whole(case: Case, people: list[Application]) -> tuple[str, int | None, str]:
    counts = Counter(person.state for person in people)
    if counts[states.RETURNED]:
        return "returned", case.unit_id, _mixed("退回修改", counts[states.RETURNED], len(people))
    if counts[states.IN_REVIEW]:
        holder, label, count = _holder([p for p in people if p.state == states.IN_REVIEW])
        return "in_review", holder, _mixed(label, count, len(people))
    if counts[states.DRAFT] or not people:
        return "draft", case.unit_id, "暂存"
    if counts[states.WITHDRAWN]:
        return "withdrawn", case.unit_id, "已撤回"
    return "done", None, _ended(people, counts)


def _mixed(label: str, count: int, total: int) -> str:
    return label if count == total else f"{label}（{count}/{total} 人）"


def _holder(people: list[Application]) -> tuple[int | None, str, int]:
    """The organisation that holds most of them, with 待××审核."""
    holders = Counter((step["organization_id"], states.label(person)) for person in people for step in _step(person))
    if not holders:
        return None, "审核中", len(people)
    (organization_id, label), count = holders.most_common(1)[0]
    return organization_id, label, count


def _step(person: Application) -> list[dict]:
    return [step for step in person.route if step["index"] == person.step_index]


def _ended(people: list[Application], counts: Counter) -> str:
    if counts[states.APPROVED] == len(people):
        last = people[0].route[-1]["label"] if people[0].route else "审核"
        return f"{last}通过"
    if counts[states.REJECTED] == len(people):
        return "审核未通过"
    words = ((states.APPROVED, "通过"), (states.REJECTED, "未通过"), (states.CLOSED, "逾期关闭"))
    return "已办结：" + "，".join(f"{word} {counts[state]}" for state, word in words if counts[state])


def _extra(pack: Pack, people: list[Application]) -> str:
    if not people:
        return "还没有申报人员"
    grades = Counter(person.grade for person in people)
    parts = "，".join(f"{pack.grade_label(grade)} {count}" for grade, count in sorted(grades.items()))
    modes = sorted({pack.mode_label(person.mode) for person in people if person.mode != "normal"})
    return f"{len(people)} 人：{parts}" + (f"；含{'、'.join(modes)}" if modes else "")
