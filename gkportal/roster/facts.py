"""What the policy engine and the declaration form need to know of a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from gkportal.orgs.models import Organization
from gkportal.policy import Pack
from gkportal.policy.dates import year_of
from gkportal.policy.dictionaries import EDUCATION, HONOUR, POLITICAL, SEX, grade_number
from gkportal.policy.facts import Certificate, Education, Facts, Honour
from gkportal.roster.models import WorkerCertificate, WorkerHonour
from gkportal.roster.queries import WorkerBundle


def facts_of(bundle: WorkerBundle) -> Facts:
    """The facts of one person; what the roster does not hold is None (unknown), never a guess."""
    worker = bundle.worker
    return Facts(
        work_start=worker.work_start or None,
        birth_date=worker.birth_date.isoformat(),
        sex=worker.sex or None,
        education=_educations(bundle),
        certificates=tuple(_certificate(row) for row in bundle.certificates),
        appraisals={row.year: row.result for row in bundle.appraisals},
        trade_code=worker.trade_code or None,
        trade_start=worker.trade_start or None,
        interruptions=tuple((row.started, row.ended or None) for row in bundle.interruptions),
        status=worker.status or None,
        on_post=worker.on_post,
        is_veteran=worker.is_veteran,
        from_other_province=worker.from_other_province,
        service_start=worker.military_start or worker.work_start or None,
        honours=tuple(_honour(row) for row in bundle.honours if row.kind == "award"),
        used_exception_classes=tuple(row.exception_class for row in bundle.exception_uses),
        transferred_from=worker.transferred_from or None,
        banned_until=worker.banned_until or None,
        current_grade=worker.grade,
    )


def _educations(bundle: WorkerBundle) -> tuple[Education, ...] | None:
    found = [
        Education(row.education, row.graduated_on or None, row.major, True if row.related_to_trade else None)
        for row in bundle.educations
    ]
    highest = bundle.worker.education
    if highest and highest not in {item.code for item in found}:
        found.append(Education(highest))
    return tuple(found) or None


#: Roster values of 取得资格途径 that the rules treat specially; everything else counts as an exam.
_ORIGINS = {"复核": "recheck", "复核定级": "recheck", "外省": "other_province", "外省证书": "other_province"}


def _certificate(row: WorkerCertificate) -> Certificate:
    trade = row.trade_code or row.trade_name or None
    origin = _ORIGINS.get(row.route, "exam")
    return Certificate(trade, row.grade, row.issued_on or None, row.number, row.issuer, origin)


def _honour(row: WorkerHonour) -> Honour:
    key = HONOUR.code(row.title) or HONOUR.code(row.level) or "other"
    return Honour(key, year_of(row.happened_on), row.title)


def current_certificate(bundle: WorkerBundle) -> WorkerCertificate | None:
    """The certificate of the highest grade; the latest one where several have it."""
    graded = [row for row in bundle.certificates if 1 <= row.grade <= 5]
    return min(graded, key=lambda row: (row.grade, _backwards(row.issued_on)), default=None)


def _backwards(text: str) -> tuple[int, ...]:
    return tuple(-ord(letter) for letter in text)


def form_source(bundle: WorkerBundle, unit: Organization, pack: Pack) -> Callable[[str], Any]:
    """Values for the `source` paths of the pack's form: `source("worker.work_start")`, `source("certificates")`.

    Plain paths give text or numbers, `certificates`, `careers` and `achievements` give lists of row dicts with
    generic keys (see `prefilled_rows`). An unknown path gives None, so that a pack may name what is typed by hand.
    """
    values = {**worker_values(bundle, pack), **unit_values(unit), "pack.affiliation": pack.affiliation}
    rows = prefilled_rows(bundle, pack)
    return lambda path: rows[path] if path in rows else values.get(path)


def worker_values(bundle: WorkerBundle, pack: Pack) -> dict[str, Any]:
    """Every `worker.…` path. Codes stay codes (the form's own choices label them); `_label` paths give words."""
    worker, held = bundle.worker, current_certificate(bundle)
    values = {f"worker.{name}": _plain(getattr(worker, name)) for name in _PLAIN}
    values.update(
        {
            "worker.sex_label": SEX.label(worker.sex),
            "worker.education_label": EDUCATION.label(worker.education),
            "worker.political_label": POLITICAL.label(worker.political),
            "worker.trade_name": pack.trade_name(worker.trade_code),
            "worker.transferred_from_name": pack.trade_name(worker.transferred_from),
            "worker.grade_label": pack.grade_label(worker.grade),
            "worker.was_transferred": "yes" if worker.transferred_from else "no",
            "worker.veteran": "yes" if worker.is_veteran else "no",
            "worker.certificate_trade": held.trade_name if held else "",
            "worker.certificate_grade": held.grade if held else 0,
            "worker.certificate_number": held.number if held else "",
            "worker.certificate_issued_on": held.issued_on if held else "",
            "worker.certificate_issuer": held.issuer if held else "",
        }
    )
    return values


_PLAIN = (
    "name", "id_number", "sex", "birth_date", "education", "political", "phone", "postcode", "email", "address",
    "archive_office", "work_start", "trade_code", "trade_start", "grade", "hired_at", "hired_grade", "on_post",
    "status", "establishment", "is_veteran", "from_other_province", "transferred_from", "military_start",
    "achievements",
)  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def unit_values(unit: Organization) -> dict[str, Any]:
    """Every `unit.…` path."""
    names = ("name", "short_name", "uscc", "region_name", "phone", "address", "contact_name", "affiliation", "level")
    return {f"unit.{name}": getattr(unit, name) or "" for name in names}


def prefilled_rows(bundle: WorkerBundle, pack: Pack) -> dict[str, list[dict[str, Any]]]:
    """Rows the form starts with: certificates, careers, achievements (S000-80 … 82)."""
    return {
        "certificates": [
            {
                "trade": row.trade_name, "trade_name": row.trade_name, "trade_code": row.trade_code,
                "grade": row.grade, "grade_label": pack.grade_label(row.grade), "number": row.number,
                "issued_on": row.issued_on, "issuer": row.issuer,
            }
            for row in bundle.certificates
        ],
        "careers": [
            {
                "started": row.started, "ended": row.ended, "unit_and_post": row.unit_and_post,
                "trade_name": row.trade_name,
            }
            for row in bundle.careers
        ],
        "achievements": [
            {"date": row.happened_on, "happened_on": row.happened_on, "title": row.title, "level": row.level}
            for row in bundle.honours
            if row.kind == "award"
        ],
    }  # fmt: skip


def grade_from(text: object) -> int:
    """5 … 1, or 0 for 未定级 and for anything that is not a grade."""
    return grade_number(text) or 0
