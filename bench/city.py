"""The office a run measures: one city, ten districts, as many units of 500 people as the size asks for."""

from __future__ import annotations

from datetime import datetime, timedelta

from stdnum.cn.uscc import calc_check_digit

from gkportal.auth.models import RoleGrant, User
from gkportal.core import db
from gkportal.core.actor import Role
from gkportal.core.db import new_public_id
from gkportal.orgs.models import Organization
from gkportal.roster import synthetic
from gkportal.rounds.models import Round, RoundWindow

PEOPLE_PER_UNIT = 500
DISTRICTS = 10
DEPARTMENTS = 4
#: Units whose clerks take part in the rush.
RUSH_UNITS = 16
PACK = "changzhou/2024"
YEAR = 2024
#: Nobody signs in with a password here.
_NO_PASSWORD = "!"
_CHUNK = 50_000
SUBSETS_UP_TO = 200_000


def build(workers: int, now: datetime) -> None:
    """Fill an empty, migrated database with the city and `workers` people."""
    with db.write_transaction():
        city = _organization(None, "云州市工考办", "office", "city", now)
        _user(city, "city", "宗立诚", (Role.REVIEWER, Role.ROUND_ADMIN), now)
        units = _districts(city, max(RUSH_UNITS + 1, workers // PEOPLE_PER_UNIT), now)
        _round(city, now)
    # A million only serves lists and searches: without certificates and careers it builds in a third of the time.
    people = synthetic.make_people(workers, subsets=workers <= SUBSETS_UP_TO)
    for _ in range(0, workers, _CHUNK):
        synthetic.bulk_store(_take(people, _CHUNK), units, now=now)
    db.database.execute_sql("PRAGMA optimize")
    db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _take(people, number: int):
    for _ in range(number):
        person = next(people, None)
        if person is None:
            return
        yield person


def _districts(city: Organization, wanted: int, now: datetime) -> list[int]:
    """Districts, departments and `wanted` units; returns the units' ids. The first ones are the rush units."""
    departments = []
    for district_number in range(1, DISTRICTS + 1):
        office = _organization(city, f"第{district_number}区工考办", "office", "district", now)
        for number in range(1, DEPARTMENTS + 1):
            departments.append(
                _organization(office, f"第{district_number}区第{number}主管部门", "department", "district", now)
            )
        if district_number == 1:
            _user(office, "district", "祝长青", (Role.REVIEWER,), now)
            _user(departments[0], "department", "费明远", (Role.REVIEWER,), now)
    units = []
    for number in range(wanted):
        # The rush units share one department, so that their submissions fall into one queue.
        above = departments[0] if number <= RUSH_UNITS else departments[number % len(departments)]
        unit = _organization(above, f"云州市第{number + 1:04d}单位", "unit", "district", now)
        units.append(unit.id)
        if number <= RUSH_UNITS:
            _user(unit, f"clerk{number}", "穆知秋", (Role.CLERK, Role.UNIT_ADMIN), now)
    return units


_serial = iter(range(1, 10**9))


def _organization(parent: Organization | None, name: str, kind: str, level: str, now: datetime) -> Organization:
    number = next(_serial)
    code = f"1199{number:04d}MA{number:07d}"
    org = Organization.create(
        name=name, short_name=name, kind=kind, level=level, uscc=code + calc_check_digit(code), parent=parent,
        region_name="云州市", phone="0000-0000", created_at=now, updated_at=now,
    )  # fmt: skip
    org.path = f"{parent.path if parent else '/'}{org.id}/"
    org.save()
    return org


def _user(org: Organization, username: str, name: str, granted: tuple[Role, ...], now: datetime) -> None:
    user = User.create(
        username=username, display_name=name, organization=org, password_hash=_NO_PASSWORD, password_set_at=now,
        must_change_password=False, created_at=now, updated_at=now, phone="10000000016", public_id=new_public_id(),
    )  # fmt: skip
    for role in granted:
        RoleGrant.create(user=user, organization=org, role=role, granted_at=now)


def _round(city: Organization, now: datetime) -> None:
    made = Round.create(
        office=city, year=YEAR, title=f"{YEAR}年度工勤技能岗位等级考评", pack_id=PACK, state="open", created_at=now
    )
    for kind in ("level", "technician", "senior_technician"):
        RoundWindow.create(
            round=made, kind=kind, opens_at=now - timedelta(days=10), closes_at=now + timedelta(days=90),
            correct_until=now + timedelta(days=120),
        )  # fmt: skip
