"""The demo city: organisations, accounts, a round, notices. All names are invented, codes use region 990101."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from stdnum.cn.uscc import calc_check_digit

from gkportal.auth import operations as accounts
from gkportal.auth.models import RoleGrant, User
from gkportal.core import clock
from gkportal.core.actor import Actor, Role, system_actor
from gkportal.core.db import write_transaction
from gkportal.orgs.models import Organization
from gkportal.rounds import operations as rounds
from gkportal.rounds.models import Round

PACK = "changzhou/2024"

#: (key, name, kind, level, key of the parent, region)
_ORGS = (
    ("city", "云州市工考办", "office", "city", "", "云州市"),
    ("city-transport", "云州市交通运输局", "department", "city", "city", "云州市"),
    ("city-education", "云州市教育局", "department", "city", "city", "云州市"),
    ("city-road", "云州市公路中心", "unit", "city", "city-transport", "云州市"),
    ("city-port", "云州市港航中心", "unit", "city", "city-transport", "云州市"),
    ("city-college", "云州市职业学校", "unit", "city", "city-education", "云州市"),
    ("city-library", "云州市图书馆", "unit", "city", "city-education", "云州市"),
    ("qingxi", "青溪区工考办", "office", "district", "city", "青溪区"),
    ("qingxi-transport", "青溪区交通运输局", "department", "district", "qingxi", "青溪区"),
    ("qingxi-construction", "青溪区住房和城乡建设局", "department", "district", "qingxi", "青溪区"),
    ("qingxi-road", "青溪区公路养护中心", "unit", "district", "qingxi-transport", "青溪区"),
    ("qingxi-lock", "青溪区航道管理站", "unit", "district", "qingxi-transport", "青溪区"),
    ("qingxi-water", "青溪区排水管理所", "unit", "district", "qingxi-construction", "青溪区"),
    ("qingxi-park", "青溪区园林管理所", "unit", "district", "qingxi-construction", "青溪区"),
    ("baishi", "白石区工考办", "office", "district", "city", "白石区"),
    ("baishi-education", "白石区教育局", "department", "district", "baishi", "白石区"),
    ("baishi-health", "白石区卫生健康局", "department", "district", "baishi", "白石区"),
    ("baishi-school", "白石区实验小学", "unit", "district", "baishi-education", "白石区"),
    ("baishi-nursery", "白石区中心幼儿园", "unit", "district", "baishi-education", "白石区"),
    ("baishi-clinic", "白石区人民医院", "unit", "district", "baishi-health", "白石区"),
    ("baishi-cdc", "白石区疾病预防控制中心", "unit", "district", "baishi-health", "白石区"),
)
_SURNAMES = "穆卜席游管芮费缪岑祝薄柴宗凌雷方严施桑路邬蒙鲍"
_GIVEN = ("知秋", "向南", "正平", "小川", "若兰", "长风", "明远", "思源", "一帆", "长青", "雨晴", "文博")


#: Accounts to begin with: they stand first in what the demo prints.
_FIRST = ("qingxi.road.clerk", "qingxi.transport.reviewer", "qingxi.reviewer", "city.reviewer", "city.admin")


@dataclass
class City:
    """The pieces by key."""

    orgs: dict[str, Organization] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    accounts: list[DemoAccount] = field(default_factory=list)
    round: Round | None = None

    @property
    def units(self) -> list[Organization]:
        """The 用人单位."""
        return [org for org in self.orgs.values() if org.kind == "unit"]

    def actor(self, username: str) -> Actor:
        """The actor behind an account."""
        user = self.people[username]
        org = user.organization
        roles = frozenset(Role(grant.role) for grant in RoleGrant.select().where(RoleGrant.user == user))
        return Actor(
            user.id, user.display_name, org.id, org.name, org.kind, org.level, org.path, roles, user.public_id, "demo"
        )


@dataclass(frozen=True)
class DemoAccount:
    """A line of what the demo prints."""

    username: str
    password: str
    label: str


def build(now: datetime) -> City:
    """Organisations, accounts, round and notices."""
    city = City()
    with write_transaction():
        _organizations(city, now)
        _accounts(city, now)
    _round(city, now)
    _notices(city, now)
    city.accounts.sort(
        key=lambda account: _FIRST.index(account.username) if account.username in _FIRST else len(_FIRST)
    )
    return city


def _organizations(city: City, now: datetime) -> None:
    for index, (key, name, kind, level, parent, region) in enumerate(_ORGS, 1):
        body = f"{'12' if kind == 'unit' else '11'}990101MA{index:07d}"
        above = city.orgs.get(parent)
        org = Organization.create(
            name=name, short_name=name.removeprefix(region), kind=kind, level=level, region_name=region, parent=above,
            uscc=body + calc_check_digit(body), phone=f"0000-0000 {1200 + index}", address=f"{region}演示路 {index} 号",
            contact_name=_name(index), created_at=now, updated_at=now,
        )  # fmt: skip
        org.path = f"{above.path if above else '/'}{org.id}/"
        org.save(only=[Organization.path])
        city.orgs[key] = org


def _name(index: int) -> str:
    return _SURNAMES[index % len(_SURNAMES)] + _GIVEN[index % len(_GIVEN)]


def _accounts(city: City, now: datetime) -> None:
    root = city.orgs["city"]
    for username, role in (
        ("system", Role.SYSTEM_ADMIN),
        ("security", Role.SECURITY_ADMIN),
        ("audit", Role.AUDIT_ADMIN),
    ):
        _account(city, now, root, username, [role])
    _account(city, now, root, "city.admin", [Role.ROUND_ADMIN, Role.UNIT_ADMIN])
    for key, org in city.orgs.items():
        name = key.replace("-", ".")
        if org.kind == "unit":
            _account(city, now, org, f"{name}.clerk", [Role.CLERK])
            _account(city, now, org, f"{name}.admin", [Role.UNIT_ADMIN])
        else:
            _account(city, now, org, f"{name}.reviewer", [Role.REVIEWER])
            if key != "city":
                _account(city, now, org, f"{name}.admin", [Role.UNIT_ADMIN])
    _account(city, now, city.orgs["qingxi-road"], "qingxi.road.clerk2", [Role.CLERK])


def _account(city: City, now: datetime, org: Organization, username: str, roles: list[Role]) -> None:
    from gkportal.core.actor import ROLE_LABELS

    made = accounts.create_account(
        actor=system_actor("演示数据"), now=now, organization=org, username=username,
        display_name=_name(len(city.people) + 3), phone=f"100000{len(city.people):05d}", roles=roles,
    )  # fmt: skip
    city.people[username] = made.user
    label = f"{org.name} {'、'.join(ROLE_LABELS[role] for role in roles)}"
    city.accounts.append(DemoAccount(username, made.password, label))


def _round(city: City, now: datetime) -> None:
    year = clock.local(now).year
    end = (clock.local(now) + timedelta(days=12)).replace(hour=23, minute=59, second=59, microsecond=0).astimezone(UTC)
    opens = (clock.local(now) - timedelta(days=40)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    windows = {
        "level": (opens, end, end + timedelta(days=10)),
        "technician": (opens, end, end + timedelta(days=10)),
        "senior_technician": (opens, end + timedelta(days=80), end + timedelta(days=90)),
    }
    city.round = rounds.open_round(
        actor=city.actor("city.admin"),
        now=opens,
        year=year,
        title=f"{year} 年度等级考评",
        pack_id=PACK,
        windows=windows,
    )


def _notices(city: City, now: datetime) -> None:
    year = clock.local(now).year
    texts = (
        (f"{year} 年度等级考评申报须知", "申报由用人单位经办人在本系统办理。\n请先核对名册信息，再添加申报人员、填写审批表、上传材料。\n到截止时间系统自动关闭，请预留补正时间。", True, 38),
        ("扫描件怎样命名", "按材料序号加简称命名，一个序号一个 PDF，例如：1审批表、2身份证。\n照片用 jpg，不超过 2 MB。\n可以把整个文件夹拖进材料列表，系统按序号归位。", False, 30),
        ("学历认证材料怎样准备", "2001 年（含）以后毕业的大专及以上学历，上传学信网的认证材料。\n2000 年及以前毕业的，可用个人档案中毕业生登记表的复印件。", False, 21),
        ("本系统每天 2:00 至 3:00 备份", "备份期间可以正常使用，速度可能稍慢。", False, 6),
    )  # fmt: skip
    for title, body, pinned, days in texts:
        rounds.publish_notice(
            actor=city.actor("city.admin"), now=now - timedelta(days=days), title=title, body=body, pinned=pinned
        )
