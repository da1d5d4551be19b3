"""The six tasks per applicant (基本信息 持证情况 简历业绩 审批表 材料 核对) and the state of a person in the list.

The third state 已看过，未完成 lies between 未开始 and 已完成 (peers.md §4.2).
"""

from __future__ import annotations

from dataclasses import dataclass

from gkportal.declarations import states
from gkportal.declarations.dossiers import Dossier
from gkportal.declarations.forms_data import is_missing
from gkportal.declarations.readiness import Readiness

#: (title, place of the page, sections): None stands for "all sections with plain fields".
_FORM_TASKS = (
    ("基本信息", None),
    ("原持证情况", ("certificates",)),
    ("工作简历与业绩", ("career", "achievements")),
)


@dataclass(frozen=True, slots=True)
class Task:
    """One task. `pip` is ok, half or "" (empty); `tone` the class of the tag; `page` form, print, materials, check."""

    number: int
    title: str
    label: str
    tone: str
    detail: str
    page: str
    anchor: str = ""
    icon: str = ""

    @property
    def pip(self) -> str:
        """How the small bar is drawn."""
        return {"ok": "ok", "": ""}.get(self.tone, "half")

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.tone == "ok"


@dataclass(slots=True)
class PersonTasks:
    """The tasks of one person, the state shown in the list, and what to do next."""

    tasks: list[Task]
    state: str
    label: str
    tone: str
    icon: str
    feedback: str

    @property
    def done(self) -> int:
        """How many tasks are done."""
        return sum(task.done for task in self.tasks)

    @property
    def next(self) -> int | None:
        """Number of the first task that is not done."""
        return next((task.number for task in self.tasks if not task.done), None)


def tasks_of(one: Readiness) -> PersonTasks:
    """The tasks of a person whose readiness is known."""
    dossier = one.dossier
    values = dossier.values
    tasks = [_form_task(number, title, keys, dossier, values) for number, (title, keys) in enumerate(_FORM_TASKS, 1)]
    tasks.append(_print_task(one))
    tasks.append(_material_task(one))
    tasks.append(_check_task(one, tasks))
    return _person(one, tasks)


def _form_task(number: int, title: str, keys: tuple[str, ...] | None, dossier: Dossier, values: dict) -> Task:
    sections = [item for item in dossier.definition.sections if (item.key in keys if keys else item.layout == "fields")]
    names = {item.key for item in sections}
    errors = [item for item in dossier.errors if item.section in names]
    place = f"s-{sections[0].key}" if sections else ""
    if not errors:
        return Task(number, title, "已完成", "ok", _filled(number, dossier, values), "form", place, "check-lg")
    wrong = next((item for item in errors if not is_missing(item, values)), None)
    seen = names & set(dossier.application.seen_sections)
    first = wrong or errors[0]
    detail = f"{len(errors)} 处：{_short(first.message)}" if len(errors) > 1 else _short(first.message)
    if wrong or seen:
        return Task(
            number, title, "已看过，未完成" if seen else "需要修改", "doing", detail, "form", f"s-{first.section}"
        )
    return Task(number, title, "未开始", "", detail, "form", f"s-{first.section}")


def _short(text: str, limit: int = 18) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _filled(number: int, dossier: Dossier, values: dict) -> str:
    if number == 1:
        return "由名册带入，已核对"
    if number == 2:
        rows = values.get("certificates", [])
        if not rows:
            return "没有等级证书"
        last = rows[-1]
        label = dossier.pack.grade_label(int(last["grade"])) if str(last.get("grade", "")).isdigit() else ""
        return f"{len(rows)} 本：{last.get('trade', '')} {label}"
    awards = len(values.get("achievements", []))
    return f"简历 {len(values.get('career', []))} 段，" + (f"奖励 {awards} 项" if awards else "有工作鉴定")


def _print_task(one: Readiness) -> Task:
    status = one.print_status
    if one.dossier.application.state not in states.EDITABLE:
        return Task(4, "审批表打印", "已打印", "ok", f"提交的是第 {status.version} 版", "print", "", "check-lg")
    if status.state == "current":
        return Task(
            4, "审批表打印", "已打印", "ok", f"第 {status.version} 版，共 {status.pages} 页", "print", "", "check-lg"
        )
    if status.state == "stale":
        text = f"第 {status.version} 版已失效，改动 {len(status.changes)} 处"
        return Task(4, "审批表打印", "请重新打印", "warn", text, "print", "", "printer")
    return Task(4, "审批表打印", "未打印", "", "填好后预览并打印，签字盖章", "print")


def _material_task(one: Readiness) -> Task:
    board = one.board
    if one.dossier.application.state not in states.EDITABLE:
        return Task(5, "材料列表", "已提交", "ok", f"{board.done} 项材料", "materials", "", "check-lg")
    count = f"{board.done} / {board.total}"
    if board.complete:
        return Task(5, "材料列表", count, "ok", "已交齐", "materials", "", "check-lg")
    missing = [str(slot.item.number) for slot in board.slots if slot.state == "missing"]
    ask = sum(slot.state in ("confirm", "stale") for slot in board.slots)
    parts = [f"缺 {'、'.join(missing)}"] if missing else []
    parts += [f"{ask} 处请确认"] if ask else []
    return Task(5, "材料列表", count, "doing" if board.done else "", "；".join(parts), "materials")


def _check_task(one: Readiness, before: list[Task]) -> Task:
    if one.dossier.application.state not in states.EDITABLE:
        return Task(6, "提交前核对", "已提交", "ok", "", "check", "", "check-lg")
    left = sum(not task.done for task in before)
    if one.ready:
        return Task(6, "提交前核对", "可以提交", "doing", "核对后提交", "check")
    if left:
        return Task(6, "提交前核对", "未开始", "", f"还有 {left} 项任务没有完成", "check")
    return Task(6, "提交前核对", "不能提交", "", _short(one.blockers[0]), "check")


def _person(one: Readiness, tasks: list[Task]) -> PersonTasks:
    application = one.dossier.application
    stale = one.print_status.state == "stale"
    feedback = application.feedback
    if application.state == states.RETURNED:
        return PersonTasks(tasks, "returned", "退回修改", "warn", "arrow-return-left", feedback)
    if application.state not in states.EDITABLE:
        tone, icon = {
            states.IN_REVIEW: ("doing", "hourglass-split"),
            states.APPROVED: ("ok", "check-lg"),
            states.REJECTED: ("bad", "x-lg"),
            states.CLOSED: ("bad", "x-lg"),
        }[application.state]
        return PersonTasks(tasks, application.state, states.label(application), tone, icon, feedback)
    if stale:
        text = feedback or f"审批表打印后改动 {len(one.print_status.changes)} 处"
        return PersonTasks(tasks, "stale", "请重新打印", "warn", "printer", text)
    if one.ready:
        return PersonTasks(tasks, "ready", "齐全，可提交", "ok", "check-lg", feedback)
    if application.state == states.WITHDRAWN:
        return PersonTasks(tasks, "withdrawn", "已撤回，待完善", "doing", "", feedback)
    return PersonTasks(tasks, "draft", "待完善", "doing", "", feedback)
