"""How the events of declarations read in 办理记录."""

from __future__ import annotations

from flask import Flask

from gkportal.audit import AuditEvent
from gkportal.review import timeline
from gkportal.review.timeline import Told


def register(app: Flask) -> None:
    """Register the verbs of this package."""
    timeline.register("application.added", lambda event: Told("添加申报人员 {people}", person=_person(event)))
    timeline.register("application.removed", lambda event: Told("删除申报人员 {people}", person=_person(event)))
    timeline.register("application.form_printed", lambda event: Told("打印审批表 {people}", person=_person(event)))
    timeline.register("application.submitted", lambda event: Told("提交 {people}，已同意承诺书", person=_person(event)))
    timeline.register("application.resubmitted", _resubmitted)
    timeline.register("application.withdrawn", lambda event: Told("撤回 {people}", person=_person(event)))
    timeline.register("case.pledge_declined", lambda event: Told("阅读承诺书后选择“不同意”，没有提交", tone="warn"))
    timeline.register("case.extended", _extended)


def _person(event: AuditEvent) -> str:
    return str(event.detail.get("person") or event.detail.get("name", ""))


def _resubmitted(event: AuditEvent) -> Told:
    changes = event.detail.get("changes") or []
    return Told("补正后重新提交 {people}", "；".join(changes[:5]), person=_person(event))


def _extended(event: AuditEvent) -> Told:
    return Told(f"个案延期至 {event.detail.get('until', '')}", str(event.detail.get("reason", "")))
