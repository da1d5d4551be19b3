"""办理记录 of a case, told from its audit events.

A package that records events of cases registers how to tell them: `timeline.register("application.submit", describe)`
where `describe(event)` gives a `Told`, or None for events that do not belong into the record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask

from gkportal.audit import AuditEvent
from gkportal.review.models import Case

LIMIT = 400
_TOGETHER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words. Events of one person in a row with the same text and opinion are told together:
    `text` may hold `{people}`, which becomes the name or `3 人（…）`."""

    text: str
    opinion: str = ""
    tone: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the record. `tone` is "", ok, warn or bad."""

    at: datetime
    actor_name: str
    org_name: str
    text: str
    opinion: str = ""
    tone: str = ""


Describe = Callable[[AuditEvent], Told | None]
_verbs: dict[str, Describe] = {}


def register(verb: str, describe: Describe) -> None:
    """Tell events of `verb` by `describe`; a second call replaces the first."""
    _verbs[verb] = describe


def for_case(case: Case) -> list[Entry]:
    """The record of a case, newest first; one query. Verbs that nobody registered are left out."""
    events = (
        AuditEvent.select()
        .where((AuditEvent.case_id == case.id) & AuditEvent.verb.in_(list(_verbs)))
        .order_by(AuditEvent.id.desc())
        .limit(LIMIT)
    )
    entries: list[Entry] = []
    group: list[tuple[AuditEvent, Told]] = []
    for event in events:
        told = _verbs[event.verb](event)
        if told is None:
            continue
        if group and not _same(group[0], (event, told)):
            entries.append(_entry(group))
            group = []
        group.append((event, told))
    return entries + ([_entry(group)] if group else [])


def _same(first: tuple[AuditEvent, Told], other: tuple[AuditEvent, Told]) -> bool:
    (event, told), (another, also) = first, other
    return (
        bool(told.person)
        and (event.verb, event.actor_id, event.org_id) == (another.verb, another.actor_id, another.org_id)
        and (told.text, told.opinion, told.tone) == (also.text, also.opinion, also.tone)
        and event.at - another.at < _TOGETHER
    )


def _entry(group: list[tuple[AuditEvent, Told]]) -> Entry:
    event, told = group[0]
    names = list(dict.fromkeys(item.person for _, item in reversed(group)))  # twice the same person is one person
    people = (
        names[0] if len(names) == 1 else f"{len(names)} 人（{'、'.join(names[:8])}{'等' if len(names) > 8 else ''}）"
    )
    text = told.text.replace("{people}", people)
    return Entry(event.at, event.actor_name, event.org_name, text, told.opinion, told.tone)


def _opened(event: AuditEvent) -> Told:
    return Told("新建办件")


def _passed(event: AuditEvent) -> Told:
    detail = event.detail
    return Told(f"{detail.get('step', '')}通过　{{people}}", detail.get("opinion", ""), "ok", detail.get("person", ""))


def _returned(event: AuditEvent) -> Told:
    detail = event.detail
    items = [f"{item['title']}：{item['remark']}" for item in detail.get("items", [])]
    opinion = "\n".join(filter(None, [*items, detail.get("opinion", "")]))
    where = "到上一审核环节" if detail.get("return_to") == "previous" else ""
    return Told(f"退回修改{where}　{{people}}", opinion, "warn", detail.get("person", ""))


def _rejected(event: AuditEvent) -> Told:
    detail = event.detail
    return Told(
        f"{detail.get('step', '')}不通过　{{people}}", detail.get("opinion", ""), "bad", detail.get("person", "")
    )


def register_own(app: Flask) -> None:
    """The verbs of this package."""
    for verb, describe in (
        ("case.open", _opened),
        ("review.pass", _passed),
        ("review.return", _returned),
        ("review.reject", _rejected),
    ):
        register(verb, describe)
