"""List rows as people read them: codes become words through look-ups made once per page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from gkportal.core import db
from gkportal.core.text import mask_id_number, mask_phone
from gkportal.policy import Pack
from gkportal.policy.dictionaries import APPRAISAL, EDUCATION, GRADE, SEX, STATUS

if TYPE_CHECKING:
    from gkportal.roster.queries import WorkerBundle

_ROWS = """
SELECT w.id, w.public_id, w.name, w.id_number, w.sex, w.education, w.birth_date, w.trade_code, w.grade,
       w.phone, w.status, w.unit_id, w.on_post, w.establishment
FROM worker w WHERE w.id IN ({marks})
"""
_ABOVE = """
WITH RECURSIVE above (unit_id, id, name, kind, parent_id, distance) AS (
    SELECT id, id, name, kind, parent_id, 0 FROM organization WHERE id IN ({marks})
    UNION ALL
    SELECT a.unit_id, o.id, o.name, o.kind, o.parent_id, a.distance + 1
    FROM above a JOIN organization o ON o.id = a.parent_id WHERE a.distance < 12
)
SELECT unit_id, kind, name, distance FROM above ORDER BY unit_id, distance
"""


def load_rows(ids: list[int], pack: Pack | None) -> list[dict[str, Any]]:
    """List rows of these workers in this order; two queries. Numbers are masked here, once for all lists."""
    if not ids:
        return []
    found = _select(_ROWS, ids)
    places = places_of({row[11] for row in found})
    rows = {row[0]: _row(row, places, pack) for row in found}
    return [rows[worker_id] for worker_id in ids if worker_id in rows]


def _row(row: tuple, places: dict[int, dict[str, str]], pack: Pack | None) -> dict[str, Any]:
    trade = pack.trade(row[7]) if pack else None
    place = places.get(row[11], {})
    return {
        "id": row[0],
        "public_id": row[1],
        "name": row[2],
        "id_masked": mask_id_number(row[3]),
        "sex": SEX.label(row[4]),
        "education": EDUCATION.label(row[5]),
        "born": row[6],
        "trade_code": row[7],
        "trade": trade.name if trade else row[7],
        "special": bool(trade and trade.hazardous),
        "grade": row[8],
        "grade_label": _grade(row[8], pack),
        "phone_masked": mask_phone(row[9]),
        "status": row[10],
        "status_label": STATUS.label(row[10]),
        "on_post": bool(row[12]),
        "outside": row[13] == "out",
        "unit": place.get("self", ""),
        "department": place.get("department", ""),
        "office": place.get("office", ""),
    }


def places_of(unit_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Per unit: its own name (`self`), its 主管单位 (`department`) and 上级工考办 (`office`); one query."""
    places: dict[int, dict[str, str]] = {}
    ids = list(unit_ids)
    if not ids:
        return places
    for unit_id, kind, name, distance in _select(_ABOVE, ids):
        place = places.setdefault(unit_id, {})
        if distance == 0:
            place["self"] = name
        elif kind in ("department", "office"):
            place.setdefault(kind, name)
    return places


def _select(sql: str, ids: list[int]) -> list[tuple]:
    return db.database.execute_sql(sql.format(marks=", ".join("?" * len(ids))), ids).fetchall()


def subset_rows(bundle: WorkerBundle, pack: Pack | None) -> dict[str, list[tuple]]:
    """The subsets of the detail page (S000-34) as rows of words, newest first; careers in order."""
    held, uses = reversed(bundle.certificates), reversed(bundle.exception_uses)
    return {
        "acquired": [(row.issued_on, _grade(row.grade, pack), row.trade_name, row.route) for row in held],
        "education_rows": [
            (EDUCATION.label(row.education), row.school, row.major, row.graduated_on, row.certificate_number)
            for row in reversed(bundle.educations)
        ],
        "careers": [(row.started, row.ended or "至今", row.unit_and_post, row.trade_name) for row in bundle.careers],
        "trainings": [(row.year, row.content, row.hours, row.certificate_number) for row in reversed(bundle.trainings)],
        "appraisal_rows": [(row.year, APPRAISAL.label(row.result)) for row in reversed(bundle.appraisals)],
        "honours": [
            (row.happened_on, "处分" if row.kind == "sanction" else "表彰奖励", row.title, row.level)
            for row in reversed(bundle.honours)
        ],
        "interruptions": [(row.started, row.ended or "至今") for row in bundle.interruptions],
        "exception_rows": [(row.year, _exception(row.exception_class, pack), row.source) for row in uses],
    }


def _grade(grade: int, pack: Pack | None) -> str:
    return pack.grade_label(grade) if pack else GRADE.label(grade)


def _exception(key: str, pack: Pack | None) -> str:
    classes = {item.key: item.short for item in pack.data.exception_classes} if pack else {}
    return classes.get(key, key)
