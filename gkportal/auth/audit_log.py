"""Reading the audit trail: filters, keyset pages, words for the verbs. Read-only by construction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from peewee import ModelSelect

from gkportal.audit import AuditEvent
from gkportal.auth.models import User
from gkportal.core.clock import SHANGHAI
from gkportal.core.text import like_escape

PAGE = 50
#: Most rows of one export; a longer span is exported in parts.
EXPORT_MAX = 100_000

#: What the verbs of this package and of orgs mean. Other packages add theirs with `name_verbs`.
LABELS: dict[str, str] = {
    "auth.sign_in": "登录", "auth.sign_in_failed": "登录失败", "auth.sign_in_locked": "登录失败，已限制", "auth.sign_out": "退出",
    "auth.password_changed": "修改密码", "auth.own_account_edited": "修改本人信息", "auth.session_ended": "结束本人其他登录",
    "auth.organization_switched": "切换单位", "auth.account_created": "新增账号", "auth.account_edited": "修改账号",
    "auth.account_enabled": "启用账号", "auth.account_disabled": "停用账号", "auth.password_reset": "重置密码",
    "auth.account_unlocked": "解除登录限制", "auth.sessions_ended": "退出账号的全部登录", "auth.role_granted": "授予角色",
    "auth.role_revoked": "收回角色", "auth.audit_exported": "导出审计记录", "auth.chain_checked": "校验审计记录",
    "orgs.added": "新增机构", "orgs.edited": "修改机构", "orgs.moved": "调整上级机构", "orgs.activated": "启用机构",
    "orgs.deactivated": "停用机构", "orgs.contact_edited": "修改单位联系方式",
}  # fmt: skip
#: Details are shown only of these subjects: the 审计管理员 sees that business was done, not its content (等保 8.1.5).
_OPEN_SUBJECTS = {"user", "organization", "audit"}
_SUBJECTS = {"user": "账号", "organization": "机构", "audit": "审计记录", "case": "办件", "application": "申报人员", "worker": "工勤人员",
             "task": "审核任务", "review_task": "审核任务", "round": "批次", "notice": "公告", "material": "材料"}  # fmt: skip


def name_verbs(**labels: str) -> None:
    """Words for verbs of another package; underscores in the first place become the dot."""
    LABELS.update({name.replace("__", "."): label for name, label in labels.items()})


@dataclass(frozen=True, slots=True)
class LogFilters:
    """Filters of the page. `person` is a public id, never a name."""

    first: date | None = None
    last: date | None = None
    verb: str = ""
    person: str = ""


def matching(filters: LogFilters) -> ModelSelect:
    """Events that fit, newest first."""
    query = AuditEvent.select().order_by(AuditEvent.id.desc())
    if filters.first:
        query = query.where(AuditEvent.at >= _start(filters.first))
    if filters.last:
        query = query.where(AuditEvent.at < _start(filters.last + timedelta(days=1)))
    if filters.verb:
        query = query.where(AuditEvent.verb == filters.verb)
    if filters.person:
        user_id = User.select(User.id).where(User.public_id == filters.person).scalar()
        about = (AuditEvent.subject_type == "user") & (AuditEvent.subject_id == user_id)
        query = query.where((AuditEvent.actor_id == user_id) | about)
    return query


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def page(filters: LogFilters, before: int | None) -> tuple[list[dict[str, Any]], int | None]:
    """Up to PAGE events older than `before`, and the id to go on from (None at the end). Two queries."""
    query = matching(filters)
    if before:
        query = query.where(AuditEvent.id < before)
    events = list(query.limit(PAGE + 1))
    ids = {e.actor_id for e in events} | {e.subject_id for e in events if e.subject_type == "user"}
    people = {u.id: u for u in User.select(User.id, User.public_id, User.username).where(User.id.in_(ids))}
    rows = [_with_people(row_of(event), event, people) for event in events[:PAGE]]
    return rows, events[PAGE - 1].id if len(events) > PAGE else None


def _with_people(row: dict[str, Any], event: AuditEvent, people: dict[int, User]) -> dict[str, Any]:
    if event.subject_type == "user":
        row["subject"] = f"账号 {people[event.subject_id].username}" if event.subject_id in people else "不存在的账号"
    return row | {"person": people[event.actor_id].public_id if event.actor_id in people else ""}


def row_of(event: AuditEvent) -> dict[str, Any]:
    """One event in words."""
    return {
        "id": event.id,
        "at": event.at,
        "actor": event.actor_name,
        "organization": event.org_name,
        "verb": LABELS.get(event.verb, event.verb),
        "subject": f"{_SUBJECTS.get(event.subject_type, event.subject_type)} {event.subject_id}",
        "detail": _words(event.detail) if event.subject_type in _OPEN_SUBJECTS else "",
        "source": event.source,
    }


_KEYS = {"username": "用户名", "name": "名称", "organization": "单位", "roles": "角色", "role": "角色", "parent": "上级", "uscc": "信用代码",
         "kind": "类型", "given": "给予", "taken": "收回", "failures": "失败次数", "ended_sessions": "结束登录", "count": "数量", "to": "到",
         "account": "账号", "changed": "改动", "ends_on": "到期", "phone_changed": "电话改动", "rows": "行数"}  # fmt: skip


def _words(detail: dict[str, Any]) -> str:
    """Details as `名称：…；角色：…`, empty values left out."""
    return "；".join(
        f"{_KEYS.get(key, key)}：{_value(value)}" for key, value in detail.items() if value not in (None, "", [], {})
    )


def _value(value: Any) -> str:
    from gkportal.core.actor import ROLE_LABELS, Role

    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):
        return "，".join(f"{key} {_value(item)}" for key, item in value.items())
    if isinstance(value, list):
        if len(value) == 2 and not set(value) <= set(Role):
            return f"{_value(value[0])} → {_value(value[1])}" if value[0] != value[1] else _value(value[0])
        return "、".join(_value(item) for item in value)
    text = str(value) if value is not None else "空"
    return ROLE_LABELS[Role(text)] if text in set(Role) else text


def used_verbs() -> list[tuple[str, str]]:
    """Verbs that occur, with their words, for the filter. One query over the index."""
    found = [row[0] for row in AuditEvent.select(AuditEvent.verb).distinct().tuples()]
    return sorted(((verb, LABELS.get(verb, verb)) for verb in found), key=lambda item: item[1])


def people_like(text: str, limit: int = 20) -> list[User]:
    """Accounts whose name or user name contains `text`."""
    pattern = f"%{like_escape(text)}%"
    from peewee import fn

    fits = fn.LIKE(pattern, User.display_name, "\\") | fn.LIKE(pattern, User.username, "\\")
    return list(User.select().where(fits).order_by(User.id).limit(limit))


#: Columns of an export: key, heading, width, type.
COLUMNS = (
    ("id", "序号", 9, "int"),
    ("at", "时间", 20, "datetime"),
    ("actor", "人员", 14, "text"),
    ("organization", "单位", 28, "text"),
    ("verb", "动作", 20, "text"),
    ("subject", "对象", 20, "text"),
    ("detail", "说明", 50, "text"),
    ("source", "来源", 16, "text"),
)


def export_rows(filters: LogFilters) -> Iterator[dict[str, Any]]:
    """Rows for a workbook, by the keys of COLUMNS."""
    for event in matching(filters).limit(EXPORT_MAX).iterator():
        yield row_of(event)
