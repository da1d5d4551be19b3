"""材料列表: the board of one person, uploads one by one, previews and downloads."""

from __future__ import annotations

from flask import (
    Response,
    current_app,
    g,
    make_response,
    render_template,
    request,
    send_file,
    stream_with_context,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from gkportal.auth.sessions import current_actor
from gkportal.core.access import access, roles
from gkportal.core.actor import Actor, Role
from gkportal.core.errors import GkError, Invalid, NotFound
from gkportal.core.htmx import go, is_fragment
from gkportal.core.services import service
from gkportal.core.web import PREVIEW_CSP
from gkportal.declarations import dossiers, material_operations, materials, queries, rules, snapshots
from gkportal.declarations.dossiers import Dossier
from gkportal.declarations.models import Application, Material
from gkportal.declarations.routes import blueprint
from gkportal.storage import zip_stream
from gkportal.storage.names import content_disposition, member_name

_CLERKS = roles(Role.CLERK)
_READERS = roles(Role.CLERK, Role.UNIT_ADMIN, Role.REVIEWER)


def _dossier(actor: Actor, public_id: str) -> Dossier:
    return dossiers.load_one(queries.own_application(actor, public_id))


def _context(actor: Actor, dossier: Dossier) -> dict:
    application = dossier.application
    board = materials.material_board(dossier, actor)
    return {
        "application": application, "dossier": dossier, "pack": dossier.pack, "board": board,
        "can_edit": rules.can_edit(actor, application), "now": g.received_at,
        "uploaded_text": materials.uploaded_text, "max_mb": current_app.config["GK"].upload_max_mb,
        "case_url": url_for("declarations.case", public_id=dossier.case.public_id),
    }  # fmt: skip


@blueprint.get("/applications/<public_id>/materials")
@access(_CLERKS)
def material_list(public_id: str) -> Response:
    """The board."""
    actor = current_actor()
    return _board(actor, _dossier(actor, public_id))


def _board(actor: Actor, dossier: Dossier, status: int = 200, message: str = "") -> Response:
    template = "declarations/_material_board.html" if is_fragment() or _wants_part() else "declarations/materials.html"
    response = make_response(render_template(template, message=message, **_context(actor, dossier)), status)
    response.vary.add("HX-Request")
    return response


def _wants_part() -> bool:
    """Uploads go by XMLHttpRequest (for the progress bar), which asks for a part like htmx does."""
    return request.headers.get("X-Requested-With") == "XMLHttpRequest"


def _slot(actor: Actor, dossier: Dossier, slot_key: str, status: int = 200, message: str = "") -> Response:
    context = _context(actor, dossier)
    slot = next((item for item in context["board"].slots if item.item.key == slot_key), None)
    if slot is None:
        raise NotFound()
    html = render_template("declarations/_material_slot.html", slot=slot, message=message, **context)
    response = make_response(html, status)
    response.headers["HX-Trigger"] = "materials-changed"
    return response


@blueprint.get("/applications/<public_id>/materials/rest")
@access(_CLERKS)
def material_rest(public_id: str) -> str:
    """Tray and what is still missing, refreshed after each upload."""
    actor = current_actor()
    return render_template("declarations/_material_rest.html", **_context(actor, _dossier(actor, public_id)))


@blueprint.post("/applications/<public_id>/materials/slots/<slot_key>")
@access(_CLERKS)
def upload_material(public_id: str, slot_key: str) -> BaseResponse:
    """Upload or replace one slot's file."""
    actor = current_actor()
    dossier = _dossier(actor, public_id)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _refuse(actor, dossier, slot_key, Invalid("没有收到文件，请重新选择文件后上传。"))
    try:
        material_operations.upload(
            actor=actor, now=g.received_at, dossier=dossier, slot_key=slot_key, file_name=sent.filename,
            stream=sent.stream, store=service("store"), inspector=service("inspector"), max_bytes=_limit(),
        )  # fmt: skip
    except GkError as error:
        return _refuse(actor, dossier, slot_key, error)
    return _slot(actor, dossier, slot_key) if is_fragment() or _wants_part() else _back(public_id)


def _refuse(actor: Actor, dossier: Dossier, slot_key: str, error: GkError) -> Response:
    """The slot as it is (nothing was touched) with the reason."""
    if isinstance(error, NotFound):
        raise error
    if is_fragment() or _wants_part():
        return _slot(actor, dossier, slot_key, max(error.status, 422) if error.status != 409 else 409, error.message)
    return _board(actor, dossier, 422, error.message)


def _limit() -> int:
    return current_app.config["GK"].upload_max_mb * 1024 * 1024


def _back(public_id: str) -> BaseResponse:
    return go(url_for("declarations.material_list", public_id=public_id))


@blueprint.post("/applications/<public_id>/materials/drop")
@access(_CLERKS)
def drop_materials(public_id: str) -> BaseResponse:
    """Many files at once: each goes to the slot of its number or name, else to the tray."""
    actor = current_actor()
    dossier = _dossier(actor, public_id)
    refused = []
    for sent in request.files.getlist("file"):
        try:
            material_operations.drop(
                actor=actor, now=g.received_at, dossier=dossier, file_name=sent.filename or "", stream=sent.stream,
                store=service("store"), inspector=service("inspector"), max_bytes=_limit(),
            )  # fmt: skip
        except GkError as error:
            refused.append(error.message)
    if not request.files.getlist("file"):
        refused.append("没有收到文件，请重新选择。")
    response = _board(actor, dossier, 422 if refused else 200, "　".join(refused))
    if not refused and not is_fragment() and not _wants_part():
        return _back(public_id)
    return response


def _material(actor: Actor, material_id: str) -> tuple[Dossier, Material]:
    material = Material.get_or_none(Material.public_id == material_id)
    if material is None:
        raise NotFound()
    dossier = dossiers.load_one(queries.own_application(actor, _owner(material).public_id))
    return dossier, material


def _owner(material: Material) -> Application:
    return Application.get(Application.id == material.application_id)


@blueprint.post("/materials/<material_id>/assign")
@access(_CLERKS)
def assign_material(material_id: str) -> BaseResponse:
    """归位: put a file from the tray into a slot."""
    actor = current_actor()
    dossier, material = _material(actor, material_id)
    try:
        material_operations.assign(
            actor=actor,
            now=g.received_at,
            dossier=dossier,
            material=material,
            slot_key=request.form.get("slot_key", ""),
        )
    except NotFound:
        return _board(actor, dossier, 422, "请选择要归位的序号。")
    except Invalid as error:
        return _board(actor, dossier, 422, error.message)
    return _after(actor, dossier)


@blueprint.post("/materials/<material_id>/exchange")
@access(_CLERKS)
def exchange_material(material_id: str) -> BaseResponse:
    """与 n 号对调."""
    actor = current_actor()
    dossier, material = _material(actor, material_id)
    try:
        material_operations.exchange(
            actor=actor,
            now=g.received_at,
            dossier=dossier,
            material=material,
            other_key=request.form.get("slot_key", ""),
        )
    except Invalid as error:
        return _board(actor, dossier, 422, error.message)
    return _after(actor, dossier)


@blueprint.post("/materials/<material_id>/confirm")
@access(_CLERKS)
def confirm_material(material_id: str) -> BaseResponse:
    """没有放错."""
    actor = current_actor()
    dossier, material = _material(actor, material_id)
    material_operations.confirm(actor=actor, now=g.received_at, dossier=dossier, material=material)
    return _after(actor, dossier)


@blueprint.post("/materials/<material_id>/remove")
@access(_CLERKS)
def remove_material(material_id: str) -> BaseResponse:
    """删除."""
    actor = current_actor()
    dossier, material = _material(actor, material_id)
    material_operations.remove(actor=actor, now=g.received_at, dossier=dossier, material=material)
    return _after(actor, dossier)


def _after(actor: Actor, dossier: Dossier) -> BaseResponse:
    if is_fragment():
        return _board(actor, dossiers.load_one(dossier.application))
    return _back(dossier.application.public_id)


# --- looking at files ---------------------------------------------------------------------------------------


def _readable(actor: Actor, material_id: str) -> Material:
    """A file of the own unit, or one that was submitted by a unit below. Raises NotFound."""
    material = Material.get_or_none(Material.public_id == material_id)
    if material is None:
        raise NotFound()
    application = queries.get_application(actor, _owner(material).public_id)
    if application.unit_id != actor.org_id:
        shown = snapshots.files_in(application.snapshot) | snapshots.files_in(application.previous_snapshot)
        if material.public_id not in shown:
            raise NotFound()
    return material


@blueprint.get("/materials/<material_id>/file")
@access(_READERS)
def material_file(material_id: str) -> Response:
    """The file: shown inside our pages, or with `?download=1` saved."""
    material = _readable(current_actor(), material_id)
    stream = service("store").open(material.sha256)
    response = send_file(stream, mimetype=material.media_type, max_age=0)
    response.call_on_close(stream.close)
    inline = request.args.get("download") != "1"
    response.headers["Content-Disposition"] = content_disposition(material.file_name, inline=inline)
    response.headers["Content-Security-Policy"] = PREVIEW_CSP
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/materials/<material_id>/pages/<int:page>.jpg")
@access(_READERS)
def material_page(material_id: str, page: int) -> Response:
    """One page as a picture, for the reviewers' viewer."""
    material = _readable(current_actor(), material_id)
    picture = service("inspector").render_page(service("store").path(material.sha256), page, 1100)
    return _picture(picture)


@blueprint.get("/materials/<material_id>/thumbnail.jpg")
@access(_READERS)
def material_thumbnail(material_id: str) -> Response:
    """The small picture of the first page."""
    material = _readable(current_actor(), material_id)
    if not material.thumbnail_sha256:
        return _picture(service("inspector").thumbnail(service("store").path(material.sha256)))
    return _picture(service("store").read(material.thumbnail_sha256))


def _picture(data: bytes) -> Response:
    response = make_response(data)
    response.mimetype = "image/jpeg"
    # A file never changes under its id, so the browser of the same person may keep it for the day.
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.headers["Content-Security-Policy"] = PREVIEW_CSP
    return response


@blueprint.get("/materials/<material_id>/preview")
@access(_READERS)
def material_preview(material_id: str) -> str:
    """预览 in a modal, or as a page."""
    material = _readable(current_actor(), material_id)
    template = "declarations/_material_preview.html" if is_fragment() else "declarations/material_preview.html"
    return render_template(template, material=material, back=request.referrer)


@blueprint.get("/applications/<public_id>/materials/slots/<slot_key>/versions")
@access(_CLERKS)
def material_versions(public_id: str, slot_key: str) -> str:
    """历史版本 of a slot."""
    actor = current_actor()
    application = queries.own_application(actor, public_id)
    rows = list(
        Material.select()
        .where((Material.application == application.id) & (Material.slot_key == slot_key))
        .order_by(Material.id.desc())
    )
    if not rows:
        raise NotFound()
    template = "declarations/_material_versions.html" if is_fragment() else "declarations/material_versions.html"
    return render_template(
        template, application=application, rows=rows, uploaded_text=materials.uploaded_text, now=g.received_at
    )


@blueprint.get("/applications/<public_id>/materials.zip")
@access(_READERS)
def materials_zip(public_id: str) -> Response:
    """打包下载: everything of one person, named by person and item (peers.md W10)."""
    actor = current_actor()
    application = queries.get_application(actor, public_id)
    entries = _zip_entries(actor, application)
    if not entries:
        raise Invalid("还没有上传任何材料，没有可以打包的文件。")
    response = Response(stream_with_context(zip_stream(entries)), mimetype="application/zip")
    response.headers["Content-Disposition"] = content_disposition(f"{application.worker_name}申报材料.zip")
    return response


def _zip_entries(actor: Actor, application: Application) -> list:
    store = service("store")
    folder = application.worker_name
    if application.unit_id != actor.org_id:
        rows = [item for item in (application.snapshot or {}).get("materials", []) if item["file"]]
        return [
            (
                member_name(folder, f"{row['number']}{row['short_name']}{_ending(row['media_type'])}"),
                store.path(row["sha256"]),
            )
            for row in rows
        ]
    board = materials.material_board(dossiers.load_one(application))
    slots = [slot for slot in board.slots if slot.material]
    entries = [(member_name(folder, slot.item.file_name), store.path(slot.material.sha256)) for slot in slots]
    return entries + [(member_name(folder, "待归位", row.file_name), store.path(row.sha256)) for row in board.tray]


def _ending(media_type: str) -> str:
    return ".jpg" if media_type == "image/jpeg" else ".pdf"
