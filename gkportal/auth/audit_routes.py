"""审计记录: the 审计管理员 reads, filters, exports and checks the chain; nothing can be changed (等保 8.1.4.3)."""

from __future__ import annotations

import io
import tempfile
from datetime import date
from pathlib import Path

from flask import g, redirect, request, send_file, url_for
from werkzeug.wrappers import Response

from gkportal import audit
from gkportal.auth import audit_log
from gkportal.auth.blueprint import blueprint
from gkportal.auth.models import User
from gkportal.auth.sessions import current_actor
from gkportal.core import clock, db
from gkportal.core.access import access, roles
from gkportal.core.actor import Role
from gkportal.core.htmx import page_or_fragment
from gkportal.core.text import clean_line, whole_number
from gkportal.sheets.export import write_table

AUDITOR = roles(Role.AUDIT_ADMIN)


def _filters() -> tuple[audit_log.LogFilters, list[str]]:
    wrong: list[str] = []
    first, last = _day("first", "开始日期", wrong), _day("last", "结束日期", wrong)
    if first and last and first > last:
        wrong.append("开始日期晚于结束日期，请对调后再查。")
    return audit_log.LogFilters(
        first, last, request.args.get("verb", "")[:60], request.args.get("person", "")[:40]
    ), wrong


def _day(name: str, label: str, wrong: list[str]) -> date | None:
    text = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        wrong.append(f"{label}“{text[:20]}”不是有效日期，请写成 2024-04-10 这样。")
        return None


@blueprint.get("/audit", endpoint="audit_log")
@access(AUDITOR)
def audit_log_page() -> Response:
    """The trail, newest first."""
    filters, wrong = _filters()
    before = request.args.get("before", "")
    rows, more = audit_log.page(filters, whole_number(before) or None)
    person = User.get_or_none(User.public_id == filters.person) if filters.person else None
    kept = {"first": filters.first or "", "last": filters.last or "", "verb": filters.verb, "person": filters.person}
    return page_or_fragment(
        "auth/audit.html", "auth/_audit.html", rows=rows, more=more, before=before, filters=filters, wrong=wrong,
        verbs=audit_log.used_verbs(), person=person, kept={key: value for key, value in kept.items() if value},
    )  # fmt: skip


@blueprint.post("/audit/person")
@access(AUDITOR)
def audit_person() -> Response:
    """Find a person by name (posted, so that no name is in an address) and filter by their account."""
    found = audit_log.people_like(clean_line(request.form.get("text"), 50))
    if len(found) == 1:
        return redirect(url_for("auth.audit_log", person=found[0].public_id), code=303)
    return page_or_fragment("auth/audit_people.html", "auth/_audit_people.html", found=found)


@blueprint.post("/audit/check")
@access(AUDITOR)
def audit_check() -> Response:
    """Walk the whole chain and say whether it is whole; the check itself is an event."""
    broken = audit.verify_chain()
    text = (
        audit.describe_chain()
        if broken is None
        else f"审计记录第 {broken} 条与前后不符，可能被改动，请保护现场并立即报告。"
    )
    with db.write_transaction():
        audit.record(
            actor=current_actor(), now=g.received_at, verb="auth.chain_checked", subject=("audit", broken or 0),
            detail={"broken": broken},
        )  # fmt: skip
    return page_or_fragment(
        "auth/audit_check.html", "auth/_audit_check.html", whole=broken is None, text=text, at=g.received_at
    )


@blueprint.post("/audit/export")
@access(AUDITOR)
def audit_export() -> Response:
    """The filtered trail as a workbook; the export is an event."""
    filters, _ = _filters()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit.xlsx"
        written = write_table(path, audit_log.COLUMNS, audit_log.export_rows(filters), sheet_title="审计记录")
        content = io.BytesIO(path.read_bytes())  # at most EXPORT_MAX rows, a few MB
    with db.write_transaction():
        audit.record(
            actor=current_actor(),
            now=g.received_at,
            verb="auth.audit_exported",
            subject=("audit", 0),
            detail={"rows": written.rows},
        )
    name = f"审计记录 {clock.local(g.received_at):%Y-%m-%d %H%M}.xlsx"
    return send_file(content, as_attachment=True, download_name=name, max_age=0)
