"""办事事项: the service items of the hall (S000-12), with whom they concern and where they lead."""

from __future__ import annotations

from dataclasses import dataclass

from gkportal.core.actor import Actor, Role

CATEGORIES = {"people": "人员信息", "declaration": "等级申报", "case": "办件与公告", "unit": "单位管理"}


@dataclass(frozen=True, slots=True)
class ServiceItem:
    """One item. `kind` ties it to a declaration window; `words` are found by the search beside title and text."""

    key: str
    title: str
    text: str
    category: str
    icon: str
    action: str
    endpoint: str
    arguments: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    words: str = ""
    roles: tuple[Role, ...] = (Role.CLERK,)


_ALL_BUSINESS = (Role.CLERK, Role.UNIT_ADMIN, Role.REVIEWER, Role.ROUND_ADMIN)

ITEMS = (
    ServiceItem(
        "roster", "工勤人员查询", "按姓名、拼音、工种、等级查询", "people", "people", "查询", "roster.index",
        words="机关事业单位 名册 花名册 gqry", roles=_ALL_BUSINESS,
    ),
    ServiceItem(
        "level", "工勤人员技术等级岗位考核（等级工）", "初级工、中级工、高级工，四种申报方式", "declaration", "award", "申报",
        "declarations.current", (("kind", "level"),), "level", "机关事业单位 等级申报 正常 破格 转岗 复核 djg",
    ),
    ServiceItem(
        "technician", "工勤人员技师考评", "正常申报、破格申报，先做量化考评", "declaration", "tools", "申报",
        "declarations.current", (("kind", "technician"),), "technician", "机关事业单位 等级申报 js",
    ),
    ServiceItem(
        "senior_technician", "工勤人员高级技师考评", "须由主管部门推荐", "declaration", "gem", "申报",
        "declarations.current", (("kind", "senior_technician"),), "senior_technician", "机关事业单位 等级申报 gjjs",
    ),
    ServiceItem(
        "review", "待办审核", "本单位应审核的申报，按到达先后", "declaration", "inbox", "办理", "review.inbox",
        words="审批 待办 已办", roles=(Role.REVIEWER,),
    ),
    ServiceItem(
        "cases", "我的办件", "查看进度、审核意见和办件详情", "case", "clipboard-check", "查看", "review.my_cases",
        words="工勤 进度 办件编号", roles=_ALL_BUSINESS,
    ),
    ServiceItem(
        "schedule", "时间安排", "各项申报的开始、截止和补正时间", "case", "calendar3", "查看", "rounds.index",
        words="年度批次 截止", roles=_ALL_BUSINESS,
    ),
    ServiceItem(
        "notices", "通知公告", "申报须知和工考办通知", "case", "megaphone", "查看", "rounds.notices",
        words="须知 公告", roles=_ALL_BUSINESS,
    ),
    ServiceItem(
        "unit", "单位信息", "单位全称、统一社会信用代码、联系方式", "unit", "building", "办理", "orgs.profile",
        words="机构 信用代码", roles=_ALL_BUSINESS,
    ),
    ServiceItem(
        "people", "经办人管理", "创建、停用本单位账号，重置密码", "unit", "person-gear", "办理", "auth.people",
        words="账号 密码 用户", roles=(Role.UNIT_ADMIN,),
    ),
    ServiceItem(
        "account", "账号设置", "修改密码、联系电话，查看登录记录", "unit", "sliders", "办理", "auth.account",
        words="密码", roles=tuple(Role),
    ),
)  # fmt: skip


def items_for(actor: Actor) -> list[ServiceItem]:
    """The items an actor may use."""
    return [item for item in ITEMS if actor.has(*item.roles)]


def matches(item: ServiceItem, words: str) -> bool:
    """Whether every word of a search occurs in the item's title, text, keywords or category."""
    place = f"{item.title} {item.text} {item.words} {CATEGORIES[item.category]}".lower()
    return all(word in place for word in words.lower().split())
