"""Invented workers for the demo and the bench: always the same for the same seed, none of them a real person.

Numbers have valid check digits; most carry region code 990101, which GB/T 2260 never gave out, some a retired
county code, as real rosters do. Dates fit together: nobody works before 18 and certificates come in order.
"""

# Table and column names are constants of this file; the random source has to be repeatable, not secret.
# ruff: noqa: S608, S311

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from stdnum.cn.ric import calc_check_digit

from gkportal.core import clock, db
from gkportal.core.db import InstantField, new_public_id
from gkportal.policy import Pack, Trade, available_packs, load_pack
from gkportal.roster.names import fts_text, name_keys

SEED = 20240410
DEFAULT_REGION = "990101"
#: 白下区, 沧浪区, 江都市: abolished, but on the cards of people born there.
_REGIONS = (DEFAULT_REGION,) * 30 + ("990102", "990103", "320103", "320504", "321088")
_FIRST_DAY = date(1962, 1, 1)
_DAYS = 15_373  # until early 2004
_STEP = 7919  # no factor in common with _DAYS, so every day comes up once in _DAYS people
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "锺汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文单仇区查翟解"
)
_COMMON = 24  # the first surnames are far more frequent
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国文志海燕春梅玉兰红云龙永生长河山林庆福贵德成光辉东南北新民"
    "安宁立诚思源若兰小川雨欣天宇子涵佳怡晓晨振兴继承学锋家和瑞祥松柏清泉向阳远航正平"
)
_RARE = ("䶮", "㛃", "𬭎", "𫖯", "𠅤", "𡋾", "𬀩", "堃", "祎", "璟")
_DOTTED = ("古丽娜尔·阿山", "阿依江·别克", "巴图·苏和", "卓玛·央金", "艾力·吐逊")
_EDUCATIONS = (("31", 34), ("21", 18), ("41", 14), ("61", 14), ("71", 9), ("47", 6), ("44", 3), ("14", 1), ("X31", 1))
_STATUSES = (("active", 88), ("retired", 7), ("transferred_out", 2), ("left", 2), ("leave", 1))
_ROADS = ("澄河路", "云台路", "柏园街", "望江路", "青溪大道")
_MAJORS = ("汽车运用技术", "机电一体化", "行政管理", "计算机应用", "烹饪工艺", "会计")


@dataclass(slots=True)
class SyntheticPerson:
    """Columns of `worker` and rows of its subsets, ready for `bulk_store` or `store_worker(**person.columns, …)`."""

    name: str
    id_number: str
    columns: dict[str, Any]
    certificates: list[dict[str, Any]] = field(default_factory=list)
    careers: list[dict[str, Any]] = field(default_factory=list)
    educations: list[dict[str, Any]] = field(default_factory=list)
    trainings: list[dict[str, Any]] = field(default_factory=list)
    honours: list[dict[str, Any]] = field(default_factory=list)
    appraisals: dict[int, str] = field(default_factory=dict)


def make_people(
    count: int, seed: int = SEED, *, first: int = 0, year: int = 2024, pack: Pack | None = None, subsets: bool = True
) -> Iterator[SyntheticPerson]:
    """`count` invented people of the round `year`. Different ranges of `first` never share a number.

    `subsets=False` leaves certificates, careers and the rest empty (for lists of a million).
    """
    pack = pack or _any_pack()
    maker = _Maker(random.Random(f"{seed}/{first}"), year, pack.trades)
    for index in range(first, first + count):
        yield maker.person(index, subsets=subsets)


def _any_pack() -> Pack:
    known = available_packs()
    if not known:
        raise RuntimeError("no policy pack is installed")
    return load_pack(known[0])


def valid_number(region: str, born: date, serial: int) -> str:
    """A 公民身份号码 with the right check digit; odd serials are men."""
    body = f"{region}{born:%Y%m%d}{serial:03d}"
    return body + calc_check_digit(body + "0")


class _Maker:
    """Draws people from one random source."""

    def __init__(self, source: random.Random, year: int, trades: Sequence[Trade]) -> None:
        self.source, self.year, self.trades = source, year, trades
        self.statuses = [code for code, weight in _STATUSES for _ in range(weight)]
        self.education_codes = [code for code, weight in _EDUCATIONS for _ in range(weight)]

    def person(self, index: int, *, subsets: bool) -> SyntheticPerson:
        """The person of that index."""
        source = self.source
        born = _FIRST_DAY + timedelta(days=index * _STEP % _DAYS)
        pair, male = index // _DAYS, source.random() < 0.68
        number = valid_number(source.choice(_REGIONS), born, 2 * pair + (1 if male else 2))
        started = min(max(born.year + 18 + source.randrange(9), 1982), self.year - 1)
        trade = source.choice(self.trades)
        career = _Career(started, max(started, born.year + 19), self.year)
        steps = career.grades(source)
        grade = steps[-1][0] if steps else 0
        person = SyntheticPerson(self.name(index), number, self.columns(born, career, trade, grade, steps))
        if subsets:
            self.add_subsets(person, index, career, trade, steps)
        return person

    def name(self, index: int) -> str:
        """A plausible name; every 40th has a rare character, every 97th a dot."""
        source = self.source
        if index % 97 == 96:
            return source.choice(_DOTTED)
        family = source.choice(_SURNAMES[:_COMMON] if source.random() < 0.7 else _SURNAMES)
        given = "".join(source.choice(_GIVEN) for _ in range(2 if source.random() < 0.8 else 1))
        return family + (given[:-1] + source.choice(_RARE) if index % 40 == 39 else given)

    def columns(self, born: date, career: _Career, trade: Trade, grade: int, steps: list) -> dict[str, Any]:
        """The plain columns; about one person in twelve lacks something that a declaration needs."""
        source = self.source
        age = self.year - born.year
        status = "retired" if age >= 60 else source.choice(self.statuses)
        hired = f"{steps[-1][1] + 1}-01" if steps else ""
        return {
            "education": source.choice(self.education_codes),
            "political": "01" if source.random() < 0.3 else "13",
            "phone": "" if source.random() < 0.04 else f"100{source.randrange(10**8):08d}",
            "postcode": "000018",
            "address": f"云州市{source.choice(_ROADS)} {source.randrange(1, 300)} 号",
            "archive_office": "云州市工考办",
            "work_start": "" if source.random() < 0.04 else career.start,
            "trade_code": trade.code,
            "trade_start": "" if source.random() < 0.04 else career.start,
            "grade": grade,
            "hired_at": hired,
            "hired_grade": grade,
            "on_post": status == "active",
            "status": status,
            "establishment": "in" if source.random() < 0.93 else "out",
            "is_veteran": source.random() < 0.15,
        }

    def add_subsets(
        self, person: SyntheticPerson, index: int, career: _Career, trade: Trade, steps: list[tuple[int, int]]
    ) -> None:
        """Certificates, career, education, training, honours and appraisals that fit the columns."""
        source = self.source
        old_name = source.choice((trade.name, *trade.aliases)) if trade.aliases else trade.name
        for grade, year in steps:
            issuer, day = ("省人力资源和社会保障厅", _ISSUE_DAYS[grade]) if grade <= 2 else ("云州市工考办", "08-31")
            person.certificates.append(
                {"trade_name": old_name, "trade_code": trade.code, "grade": grade, "number": f"YZ{year}{grade}{index:07d}",
                 "issued_on": f"{year}-{day}", "issuer": issuer, "route": "评审" if grade <= 2 else "考试"}
            )  # fmt: skip
        person.careers += career.rows(trade.name, source)
        graduated = f"{career.started}-06"
        person.educations.append(
            {"education": person.columns["education"], "school": "云州市职业技术学校", "major": source.choice(_MAJORS),
             "graduated_on": graduated, "certificate_number": f"YZB{index:07d}"}
        )  # fmt: skip
        for year in range(max(career.started, self.year - 5), self.year):
            person.appraisals[year] = "excellent" if source.random() < 0.15 else "qualified"
        if source.random() < 0.5:
            year = self.year - 1 - source.randrange(3)
            person.trainings.append(
                {"year": max(year, career.started), "content": f"{trade.name}继续教育", "hours": 72}
            )
        if source.random() < 0.08:
            year = max(career.started, self.year - 1 - source.randrange(8))
            person.honours.append({"happened_on": f"{year}-12", "title": "先进工作者", "level": "区级"})


_ISSUE_DAYS = {2: "11-30", 1: "05-30"}


@dataclass(slots=True)
class _Career:
    """Work from July of `started`; the first certificate not before `first_certificate`."""

    started: int
    first_certificate: int
    year: int

    @property
    def start(self) -> str:
        """参加工作时间."""
        return f"{self.started}-07"

    def grades(self, source: random.Random) -> list[tuple[int, int]]:
        """(grade, year) of each certificate in order; at least five years apart."""
        steps, year, grade = [], max(self.started + 1, self.first_certificate) + source.randrange(3), 5
        while year < self.year and grade >= 1:
            steps.append((grade, year))
            if source.random() < (0.15 if grade > 3 else 0.5):
                break
            year, grade = year + 5 + source.randrange(4), grade - 1
        return steps

    def rows(self, trade_name: str, source: random.Random) -> list[dict[str, Any]]:
        """One or two posts without a gap."""
        change = self.started + 4 + source.randrange(6)
        if change >= self.year or source.random() < 0.5:
            return [
                {
                    "started": self.start,
                    "ended": "",
                    "unit_and_post": f"本单位{trade_name}岗位",
                    "trade_name": trade_name,
                }
            ]
        return [
            {"started": self.start, "ended": f"{change}-06", "unit_and_post": "云州市后勤服务中心工人", "trade_name": trade_name},
            {"started": f"{change}-07", "ended": "", "unit_and_post": f"本单位{trade_name}岗位", "trade_name": trade_name},
        ]  # fmt: skip


# -- storing ---------------------------------------------------------------------------------

#: Columns that `make_people` leaves at their defaults but the table demands.
_EMPTY = {
    "email": "", "from_other_province": 0, "transferred_from": "", "military_start": "", "achievements": "", "banned_until": "",
    "version": 1,
}  # fmt: skip
_SUBSET_COLUMNS = {
    "certificates": ("worker_certificate", ("trade_name", "trade_code", "grade", "number", "issued_on", "issuer", "route")),
    "careers": ("worker_career", ("started", "ended", "unit_and_post", "trade_name")),
    "educations": (
        "worker_education", ("education", "school", "major", "graduated_on", "certificate_number", "related_to_trade"),
    ),
    "trainings": ("worker_training", ("year", "content", "hours", "certificate_number")),
    "honours": ("worker_honour", ("kind", "happened_on", "title", "level")),
}  # fmt: skip
_SUBSET_DEFAULTS = {"related_to_trade": 0, "certificate_number": "", "kind": "award"}
_BATCH = 2_000


def bulk_store(people: Iterable[SyntheticPerson], unit_ids: Sequence[int], *, now: datetime | None = None) -> int:
    """Insert people in turn into the units, with subsets and search keys; one transaction. Returns how many.

    For empty or growing demo and bench databases; numbers that are stored already make it fail as a whole.
    """
    stamp = InstantField().db_value(now or clock.now())
    stored = 0
    with db.write_transaction():
        first = (db.database.execute_sql("SELECT max(id) FROM worker").fetchone()[0] or 0) + 1
        source = iter(people)
        while batch := list(islice(source, _BATCH)):
            rows = [
                (first + stored + offset, unit_ids[(stored + offset) % len(unit_ids)], person)
                for offset, person in enumerate(batch)
            ]
            _store_batch(rows, str(stamp))
            stored += len(rows)
    return stored


def _store_batch(rows: list[tuple[int, int, SyntheticPerson]], stamp: str) -> None:
    workers = [
        {
            "id": worker_id, "public_id": new_public_id(), "unit_id": unit_id, "name": person.name,
            "id_number": person.id_number, "id_tail": person.id_number[-6:],
            "sex": "1" if int(person.id_number[16]) % 2 else "2", "birth_date": _born(person.id_number),
            "created_at": stamp, "updated_at": stamp, **_EMPTY, **person.columns,
        }
        for worker_id, unit_id, person in rows
    ]  # fmt: skip
    _insert("worker", tuple(workers[0]), [tuple(row.values()) for row in workers])
    keys = [(worker_id, unit_id, key) for worker_id, unit_id, person in rows for key in name_keys(person.name)]
    _insert("worker_name_key", ("worker_id", "unit_id", "key"), keys)
    _insert("worker_name_fts", ("rowid", "name"), [(worker_id, fts_text(person.name)) for worker_id, _, person in rows])
    for attribute, (table, columns) in _SUBSET_COLUMNS.items():
        values = [
            (worker_id, *(row.get(name, _SUBSET_DEFAULTS.get(name)) for name in columns))
            for worker_id, _, person in rows
            for row in getattr(person, attribute)
        ]
        _insert(table, ("worker_id", *columns), values)
    appraisals = [(worker_id, *item) for worker_id, _, person in rows for item in person.appraisals.items()]
    _insert("worker_appraisal", ("worker_id", "year", "result"), appraisals)


def _born(id_number: str) -> str:
    return f"{id_number[6:10]}-{id_number[10:12]}-{id_number[12:14]}"


def _insert(table: str, columns: Sequence[str], values: list[tuple]) -> None:
    marks = ", ".join("?" * len(columns))
    db.database.connection().executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)
