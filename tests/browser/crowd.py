"""More people and ready-made applications for the pages to show."""

from __future__ import annotations

from datetime import date

from gkportal.core import db
from gkportal.roster.models import Worker
from gkportal.roster.operations import store_worker
from tests.world import NOW, World, id_number

_GIVEN = "安宁平顺康泰和美"
_LAST = "甲乙丙丁戊己庚辛"


def crowd(world: World, count: int) -> list[Worker]:
    """`count` colleagues named 郁… in the clerk's unit, all fit for 高级工 in 公路养护."""
    found = []
    with db.write_transaction():
        for serial in range(300, 300 + count):
            found.append(
                store_worker(
                    unit=world.orgs["unit"], name="郁" + _GIVEN[(serial - 300) % 8] + _LAST[(serial - 300) // 8 % 8],
                    id_number=id_number(serial, date(1982, 3, 4)), education="31", work_start="2002-07",
                    trade_code="公路养护", trade_start="2002-07", grade=4, phone="10000000999", hired_at="2002-07",
                    hired_grade=4, public_id=f"worker-extra-{serial}", now=NOW,
                    certificates=[{"trade_name": "公路养护", "trade_code": "公路养护", "grade": 4, "number": f"YZ9{serial}",
                                   "issued_on": "2015-08-31", "issuer": "云州市工考办"}],
                    careers=[{"started": "2002-07", "ended": "", "unit_and_post": "青溪区公路养护中心 养护工"}],
                    appraisals={year: "合格" for year in range(2019, 2024)},
                )
            )  # fmt: skip
    return found
