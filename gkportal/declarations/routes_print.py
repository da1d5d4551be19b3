"""审批表: preview inside the page, official print, download, several people as one file (S000-84…86)."""

from __future__ import annotations

from flask import Response, flash, g, make_response, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from gkportal.auth.sessions import current_actor
from gkportal.core.access import access
from gkportal.core.errors import Invalid, Refused
from gkportal.core.htmx import go
from gkportal.core.services import service
from gkportal.core.text import whole_number
from gkportal.core.web import PREVIEW_CSP
from gkportal.declarations import applicant_page, prints, queries
from gkportal.declarations.models import Application, FormPrint
from gkportal.declarations.routes import blueprint
from gkportal.declarations.routes_applicant import READERS
from gkportal.declarations.routes_case import CLERKS, ticked
from gkportal.documents import merge
from gkportal.policy import load_pack
from gkportal.storage.names import content_disposition

BATCH_MAX = 50


@blueprint.get("/applications/<public_id>/approval-form")
@access(CLERKS)
def approval_form(public_id: str) -> str:
    """The preview page: the PDF as it will be printed, its state, 打印 and 下载."""
    actor = current_actor()
    application = queries.own_application(actor, public_id)
    page = applicant_page.build(actor, application, g.received_at)
    return render_template("declarations/print.html", page=page)


@blueprint.get("/applications/<public_id>/approval-form.pdf")
@access(READERS)
def approval_form_pdf(public_id: str) -> Response:
    """The preview bytes; `version=2` gives a stored print, `download=1` saves it as a file."""
    application = queries.get_application(current_actor(), public_id)
    version = whole_number(request.args.get("version"))
    if version:
        pdf = service("store").read(_stored(application, version).sha256)
    else:
        pdf = prints.preview(application, now=g.received_at)
    return _pdf(pdf, f"{application.worker_name}审批表.pdf", download=request.args.get("download") == "1")


def _stored(application: Application, version: int) -> FormPrint:
    row = FormPrint.get_or_none((FormPrint.application == application.id) & (FormPrint.print_version == version))
    if row is None:
        raise Invalid(f"没有第 {version} 版审批表，请刷新页面查看最新版本。")
    return row


def _pdf(data: bytes, name: str, *, download: bool) -> Response:
    response = make_response(data)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = content_disposition(name, inline=not download)
    response.headers["Content-Security-Policy"] = PREVIEW_CSP
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/applications/<public_id>/approval-form")
@access(CLERKS)
def print_approval_form(public_id: str) -> BaseResponse:
    """Lock the data under the next print version; then the page offers the stored file."""
    actor = current_actor()
    application = queries.own_application(actor, public_id)
    row = prints.print_form(actor=actor, now=g.received_at, application=application)
    copies = load_pack(application.case.pack_id).printing.copies
    flash(f"审批表第 {row.print_version} 版已生成，共 {row.pages} 页，请打印 {copies} 份，签字盖章后扫描上传。", "ok")
    return go(url_for("declarations.approval_form", public_id=public_id))


@blueprint.post("/declarations/case/<public_id>/approval-forms")
@access(CLERKS)
def print_batch(public_id: str) -> Response:
    """The forms of the ticked people as one PDF, each printed officially (批量打印审批表)."""
    actor = current_actor()
    case = queries.get_case(actor, public_id)
    people = ticked(case)
    if len(people) > BATCH_MAX:
        raise Invalid(f"一次最多打印 {BATCH_MAX} 人，现在选了 {len(people)} 人，请分几次打印。")
    parts = [service("store").read(_printed(application).sha256) for application in people]
    return _pdf(merge(parts), f"审批表{len(people)}人.pdf", download=request.form.get("download") == "1")


def _printed(application: Application) -> FormPrint:
    try:
        return prints.print_form(actor=current_actor(), now=g.received_at, application=application)
    except Refused:
        row = prints.latest_print(application)
        if row is None:
            raise
        return row
