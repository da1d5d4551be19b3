"""A small synthetic city for tests: who is who, and who must not see whom.

    云州市工考办 (city office)
    ├─ 云州市交通运输局 (city department) ── 云州市公路中心 (city unit)
    ├─ 青溪区工考办 (district office)
    │   └─ 青溪区交通运输局 ── 青溪区公路养护中心 (own), 青溪区航道站 (sibling)
    └─ 白石区工考办
        └─ 白石区教育局 ── 白石区实验小学 (foreign)

People are invented; their numbers use region code 990101 and have valid check digits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from stdnum.cn.ric import calc_check_digit

from gkportal.auth.models import RoleGrant, User
from gkportal.core.actor import Actor, Role
from gkportal.orgs.models import Organization
from gkportal.roster.models import Worker
from gkportal.rounds.models import Round, RoundWindow

#: 10 April 2024, 09:30 in China: the windows of changzhou/2024 are open.
NOW = datetime(2024, 4, 10, 1, 30, tzinfo=UTC)
PASSWORD = "Yunzhou-Kaoping-24"


def id_number(serial: int, born: date = date(1980, 5, 6), region: str = "990101") -> str:
    """A valid synthetic 公民身份号码; odd serials are men."""
    body = f"{region}{born:%Y%m%d}{serial:03d}"
    return body + calc_check_digit(body + "0")


@dataclass
class World:
    """Everything by name."""

    orgs: dict[str, Organization] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    round: Round | None = None

    def actor(self, name: str) -> Actor:
        """The actor behind a user name."""
        user = self.users[name]
        org = user.organization
        grants = RoleGrant.select().where(RoleGrant.user == user)
        return Actor(
            user_id=user.id,
            name=user.display_name,
            org_id=org.id,
            org_name=org.name,
            org_kind=org.kind,
            org_level=org.level,
            org_path=org.path,
            roles=frozenset(Role(grant.role) for grant in grants),
            user_public_id=user.public_id,
        )


_ORGS = (
    ("city", "云州市工考办", "office", "city", None, "云州市"),
    ("city_department", "云州市交通运输局", "department", "city", "city", "云州市"),
    ("city_unit", "云州市公路中心", "unit", "city", "city_department", "云州市"),
    ("district", "青溪区工考办", "office", "district", "city", "青溪区"),
    ("department", "青溪区交通运输局", "department", "district", "district", "青溪区"),
    ("unit", "青溪区公路养护中心", "unit", "district", "department", "青溪区"),
    ("sibling", "青溪区航道站", "unit", "district", "department", "青溪区"),
    ("other_district", "白石区工考办", "office", "district", "city", "白石区"),
    ("other_department", "白石区教育局", "department", "district", "other_district", "白石区"),
    ("foreign", "白石区实验小学", "unit", "district", "other_department", "白石区"),
)
_USCC = (
    "11990000MA0000001",
    "11990000MA0000002",
    "12990000MA0000003",
    "11990000MA0000004",
    "11990000MA0000005",
    "12990000MA0000006",
    "12990000MA0000007",
    "11990000MA0000008",
    "11990000MA0000009",
    "12990000MA0000010",
)

#: (key, organisation, display name, roles)
_USERS = (
    ("clerk", "unit", "穆知秋", (Role.CLERK,)),
    ("clerk2", "unit", "卜向南", (Role.CLERK,)),
    ("unit_admin", "unit", "席正平", (Role.UNIT_ADMIN,)),
    ("sibling_clerk", "sibling", "游小川", (Role.CLERK, Role.UNIT_ADMIN)),
    ("foreign_clerk", "foreign", "管若兰", (Role.CLERK, Role.UNIT_ADMIN)),
    ("city_clerk", "city_unit", "芮长风", (Role.CLERK, Role.UNIT_ADMIN)),
    ("department_reviewer", "department", "费明远", (Role.REVIEWER, Role.UNIT_ADMIN)),
    ("city_department_reviewer", "city_department", "缪思源", (Role.REVIEWER,)),
    ("other_department_reviewer", "other_department", "岑一帆", (Role.REVIEWER,)),
    ("district_reviewer", "district", "祝长青", (Role.REVIEWER, Role.UNIT_ADMIN)),
    ("district_reviewer2", "district", "薄雨晴", (Role.REVIEWER,)),
    ("other_district_reviewer", "other_district", "柴文博", (Role.REVIEWER,)),
    ("city_reviewer", "city", "宗立诚", (Role.REVIEWER,)),
    ("round_admin", "city", "凌书恒", (Role.ROUND_ADMIN, Role.REVIEWER)),
    ("system_admin", "city", "雷启明", (Role.SYSTEM_ADMIN,)),
    ("security_admin", "city", "方安宁", (Role.SECURITY_ADMIN,)),
    ("audit_admin", "city", "严观止", (Role.AUDIT_ADMIN,)),
)

#: (key, organisation, name, born, education code, work start, trade, grade, certificate issued on)
_WORKERS = (
    ("sang", "unit", "桑春生", date(1980, 5, 6), "21", "2000-07", "汽车驾驶与管理", 4, "2018-08-31"),
    ("bai", "unit", "柏长河", date(1984, 3, 2), "31", "2006-07", "公路养护", 4, "2021-10-20"),
    ("gu", "unit", "古秀兰", date(1990, 9, 9), "61", "2012-03", "行政事务", 5, "2019-08-31"),
    ("wei", "unit", "卫永年", date(1978, 1, 15), "41", "1998-12", "机械操作", 3, "2019-11-30"),
    ("lu", "unit", "路𬀩", date(2001, 4, 1), "31", "2023-07", "水处理工", 0, ""),
    ("zeng", "unit", "曾雨欣", date(1985, 7, 7), "31", "2005-06", "烹饪", 2, "2019-11-30"),
    ("tao", "sibling", "陶远航", date(1982, 2, 2), "31", "2003-07", "航闸技术", 4, "2018-08-31"),
    ("bao", "foreign", "鲍福全", date(1983, 3, 3), "61", "2004-09", "烹饪", 5, "2017-08-31"),
    ("shu", "city_unit", "舒望", date(1981, 6, 6), "31", "2002-07", "公路养护", 3, "2018-08-31"),
)


def build(password_hash: str) -> World:
    """Fill an empty, migrated database."""
    from gkportal.core.db import write_transaction

    world = World()
    with write_transaction():
        _build_orgs(world)
        _build_users(world, password_hash)
        _build_workers(world)
        _build_round(world)
    return world


def _build_orgs(world: World) -> None:
    from stdnum.cn.uscc import calc_check_digit as uscc_digit

    for (key, name, kind, level, parent, region), code in zip(_ORGS, _USCC, strict=True):
        org = Organization.create(
            name=name, short_name=name, kind=kind, level=level, uscc=code + uscc_digit(code),
            parent=world.orgs.get(parent), region_name=region, phone="0000-0000",
            public_id=f"org-{key.replace('_', '-')}", created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        above = world.orgs[parent].path if parent else "/"
        org.path = f"{above}{org.id}/"
        org.save()
        world.orgs[key] = org


def _build_users(world: World, password_hash: str) -> None:
    for key, org, name, granted in _USERS:
        user = User.create(
            username=key, display_name=name, organization=world.orgs[org], password_hash=password_hash,
            password_set_at=NOW, must_change_password=False, created_at=NOW, updated_at=NOW,
            public_id=f"user-{key.replace('_', '-')}", phone="10000000016",
        )  # fmt: skip
        for role in granted:
            RoleGrant.create(user=user, organization=world.orgs[org], role=role, granted_at=NOW)
        world.users[key] = user


def _build_workers(world: World) -> None:
    from gkportal.roster import operations as roster

    for serial, (key, org, name, born, education, start, trade, grade, issued) in enumerate(_WORKERS, 101):
        world.workers[key] = roster.store_worker(
            unit=world.orgs[org], name=name, id_number=id_number(serial, born), education=education,
            work_start=start, trade_code=trade, trade_start=start, grade=grade, phone=f"10000000{serial}",
            hired_at=start, hired_grade=grade, public_id=f"worker-{key}", now=NOW,
            certificates=[
                {"trade_name": trade, "trade_code": trade, "grade": grade, "number": f"YZ{serial:06d}",
                 "issued_on": issued, "issuer": "云州市工考办"}
            ] if grade else [],
            careers=[{"started": start, "ended": "", "unit_and_post": f"{world.orgs[org].name}{trade}岗位"}],
            appraisals={year: "合格" for year in range(2019, 2024)} if start < "2019" else {2023: "合格"},
        )  # fmt: skip


def _build_round(world: World) -> None:
    world.round = Round.create(
        office=world.orgs["city"], year=2024, title="2024 年度等级考评", pack_id="changzhou/2024",
        state="open", created_at=NOW, public_id="round-2024",
    )  # fmt: skip
    for kind, closes in (
        ("level", datetime(2024, 4, 15, 15, 59, 59, tzinfo=UTC)),
        ("technician", datetime(2024, 4, 15, 15, 59, 59, tzinfo=UTC)),
        ("senior_technician", datetime(2024, 7, 5, 15, 59, 59, tzinfo=UTC)),
    ):
        RoundWindow.create(
            round=world.round, kind=kind, opens_at=datetime(2024, 2, 29, 16, 0, tzinfo=UTC), closes_at=closes,
            correct_until=closes + timedelta(days=10),
        )  # fmt: skip
