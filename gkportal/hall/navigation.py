"""The side menu: what each kind of person works with, with the number of things that wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from flask import g, request, url_for

from gkportal.core import clock
from gkportal.core.actor import Actor, Role
from gkportal.core.db import database
from gkportal.orgs.models import Organization


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the menu."""

    label: str
    url: str
    icon: str
    active: bool = False
    badge: int = 0


@dataclass(frozen=True, slots=True)
class NavGroup:
    """A titled group of entries."""

    label: str
    items: list[NavItem] = field(default_factory=list)


#: (group, label, endpoint, arguments, icon, roles that see it, badge name)
_BUSINESS = (Role.CLERK, Role.UNIT_ADMIN, Role.REVIEWER, Role.ROUND_ADMIN)
_ENTRIES = (
    ("办事", "工作台", "hall.index", {}, "grid", _BUSINESS, ""),
    ("办事", "待办审核", "review.inbox", {}, "inbox", (Role.REVIEWER,), "tasks"),
    ("办事", "我的办件", "review.my_cases", {}, "clipboard-check", (Role.CLERK, Role.UNIT_ADMIN), "cases"),
    ("办事", "办件查询", "review.my_cases", {}, "clipboard-check", (Role.REVIEWER, Role.ROUND_ADMIN), ""),
    ("人员信息", "工勤人员查询", "roster.index", {}, "people", _BUSINESS, ""),
    ("等级申报", "等级工岗位考核", "declarations.current", {"kind": "level"}, "award", (Role.CLERK,), ""),
    ("等级申报", "技师考评", "declarations.current", {"kind": "technician"}, "tools", (Role.CLERK,), ""),
    ("等级申报", "高级技师考评", "declarations.current", {"kind": "senior_technician"}, "gem", (Role.CLERK,), ""),
    ("批次与公告", "时间安排", "rounds.index", {}, "calendar3", _BUSINESS, ""),
    ("批次与公告", "通知公告", "rounds.notices", {}, "megaphone", _BUSINESS, ""),
    ("单位管理", "单位信息", "orgs.profile", {}, "building", _BUSINESS, ""),
    ("单位管理", "机构管理", "orgs.tree", {}, "diagram-3", (Role.ROUND_ADMIN, Role.UNIT_ADMIN), ""),
    ("单位管理", "经办人管理", "auth.people", {}, "person-gear", (Role.UNIT_ADMIN,), ""),
    ("系统", "系统状况", "auth.system_status", {}, "hdd", (Role.SYSTEM_ADMIN,), ""),
    ("系统", "账号与权限", "auth.grants", {}, "shield-lock", (Role.SECURITY_ADMIN,), ""),
    ("系统", "审计记录", "auth.audit_log", {}, "journal-text", (Role.AUDIT_ADMIN,), ""),
    ("单位管理", "账号设置", "auth.account", {}, "sliders", tuple(Role), ""),
)


def navigation(actor: Actor) -> list[NavGroup]:
    """The menu of `actor`, cached per request. Two count queries at most."""
    if "navigation" not in g:
        g.navigation = _build(actor)
    return g.navigation


def office_name(actor: Actor) -> str:
    """The 工考办 shown beside the product's name: the office at the root of the actor's tree.

    Asked once a minute per root, for the name hardly ever changes and every page shows it.
    """
    return _office_name(int(actor.org_path.strip("/").split("/")[0]), int(clock.now().timestamp() // 60))


@lru_cache(maxsize=64)
def _office_name(root_id: int, minute: int) -> str:
    return Organization.select(Organization.name).where(Organization.id == root_id).scalar() or ""


def _build(actor: Actor) -> list[NavGroup]:
    badges = _badges(actor)
    groups: dict[str, NavGroup] = {}
    taken: set[str] = set()
    for group, label, endpoint, arguments, icon, wanted, badge in _ENTRIES:
        url = _address(endpoint, *arguments.items())
        if url in taken or not actor.has(*wanted) or (endpoint == "orgs.tree" and actor.org_kind != "office"):
            continue
        taken.add(url)
        if endpoint == "hall.index" and actor.org_kind == "unit":
            label = "单位办事大厅"
        active = request.path == url or (url != "/" and request.path.startswith(url + "/"))
        groups.setdefault(group, NavGroup(group)).items.append(NavItem(label, url, icon, active, badges.get(badge, 0)))
    return list(groups.values())


@lru_cache(maxsize=64)
def _address(endpoint: str, *arguments: tuple[str, str]) -> str:
    """Addresses of the menu; they do not change while the program runs."""
    return url_for(endpoint, **dict(arguments))


#: Asked for every page: fixed texts, because peewee takes longer to write them than SQLite to answer.
_TASKS = "SELECT count(*) FROM (SELECT 1 FROM review_task WHERE organization_id = ? AND state = 'waiting' LIMIT 1000)"
_CASES = "SELECT count(*) FROM (SELECT 1 FROM \"case\" WHERE unit_id = ? AND state IN ('draft', 'returned') LIMIT 1000)"


def _badges(actor: Actor) -> dict[str, int]:
    badges: dict[str, int] = {}
    if actor.has(Role.REVIEWER):
        badges["tasks"] = database.execute_sql(_TASKS, (actor.org_id,)).fetchone()[0]
    if actor.has(Role.CLERK, Role.UNIT_ADMIN):
        badges["cases"] = database.execute_sql(_CASES, (actor.org_id,)).fetchone()[0]
    return badges
