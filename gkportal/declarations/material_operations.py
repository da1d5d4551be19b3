"""Verbs on materials: upload, place, exchange, confirm, remove.

Bytes are inspected and on disk before the row is written; each file is a request of its own, so a form error can
never touch it (peers.md W7, W8). Replaced versions stay.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any, BinaryIO

from gkportal import audit
from gkportal.core.actor import Actor
from gkportal.core.db import write_transaction
from gkportal.core.errors import Conflict, Invalid, NotFound
from gkportal.declarations import materials, prints
from gkportal.declarations.dossiers import Dossier
from gkportal.declarations.models import Application, Material
from gkportal.policy import MaterialItem
from gkportal.storage import FileStore, Inspection, Inspector, PhotoRule
from gkportal.storage.names import clean_filename, extension_refusal, split_extension
from gkportal.storage.slots import match_slot, name_warning

MAX_FILES = 200  # versions and tray files of one person; a limit against accidents (ASVS 2.1.3)
_TYPES = {"pdf": ("pdf", "application/pdf"), "photo": ("jpg", "image/jpeg")}
_EXTENSIONS = {"photo": ("jpg", "jpeg"), "pdf": ("pdf",)}


def upload(
    *, actor: Actor, now: datetime, dossier: Dossier, slot_key: str, file_name: str, stream: BinaryIO, store: FileStore,
    inspector: Inspector, max_bytes: int,
) -> Material:  # fmt: skip
    """Put a file into a slot; the file that was there stays as an older version.

    Raises Invalid with the sentence why the file is refused, Refused when the slot is locked.
    """
    item = _item(dossier, slot_key)
    _demand(actor, dossier, item)
    name = clean_filename(file_name)
    refusal = extension_refusal(name, _EXTENSIONS[item.format])
    if refusal:
        raise Invalid(f"{name}：{refusal}")
    limit = min(item.max_bytes, max_bytes)
    rule = PhotoRule(max_bytes=limit, white_background=item.white_background, colour=not item.white_background)
    values = _receive(name, item.format, stream, store, inspector, limit, rule)
    return _place(actor, now, dossier, item, values)


def drop(
    *, actor: Actor, now: datetime, dossier: Dossier, file_name: str, stream: BinaryIO, store: FileStore,
    inspector: Inspector, max_bytes: int,
) -> Material:  # fmt: skip
    """Take one of many dropped files: to the slot of its number or name, else to the tray (peers.md W9)."""
    items = materials.items_for(dossier)
    name = clean_filename(file_name)
    match = match_slot(name, materials.named_slots(items))
    extension = split_extension(name)[1].lstrip(".").lower()
    item = next((i for i in items if i.key == match.key and extension in _EXTENSIONS[i.format]), None)
    if item is not None and _demand_quiet(actor, dossier, item):
        return upload(
            actor=actor, now=now, dossier=dossier, slot_key=item.key, file_name=name, stream=stream, store=store,
            inspector=inspector, max_bytes=max_bytes,
        )  # fmt: skip
    _demand(actor, dossier, None)
    refusal = extension_refusal(name, ("pdf", "jpg", "jpeg"))
    if refusal:
        raise Invalid(f"{name}：{refusal}")
    kind = "pdf" if extension == "pdf" else "photo"
    values = _receive(name, kind, stream, store, inspector, max_bytes)
    return _place(actor, now, dossier, None, values)


def _item(dossier: Dossier, slot_key: str) -> MaterialItem:
    for item in materials.items_for(dossier):
        if item.key == slot_key:
            return item
    raise NotFound("材料列表里没有这一项，可能申报方式或工种已更改，请刷新页面。")


def _demand(actor: Actor, dossier: Dossier, item: MaterialItem | None) -> None:
    current = _current(dossier.application.id, item.key) if item else None
    key, approval = (item.key, item.approval_form) if item else ("", False)
    materials.can_change_slot(actor, dossier.application, key, current, approval=approval).demand()


def _demand_quiet(actor: Actor, dossier: Dossier, item: MaterialItem) -> bool:
    current = _current(dossier.application.id, item.key)
    return bool(materials.can_change_slot(actor, dossier.application, item.key, current, approval=item.approval_form))


def _current(application_id: int, slot_key: str) -> Material | None:
    return Material.get_or_none(
        (Material.application == application_id) & (Material.slot_key == slot_key) & (Material.is_current == 1)
    )


def _receive(
    name: str,
    kind: str,
    stream: BinaryIO,
    store: FileStore,
    inspector: Inspector,
    limit: int,
    rule: PhotoRule | None = None,
) -> dict[str, Any]:
    """Inspect and store the bytes; column values of the row to come."""
    with store.stage(stream, max_bytes=limit) as staged:
        pdf = kind == "pdf"
        with inspector.inspect_pdf(staged.path) if pdf else inspector.inspect_photo(staged.path, rule) as found:
            if not found.ok:
                raise Invalid(f"{name}：{found.refusal}")
            kept = store.put(found.path, max_bytes=limit * 2) if found.cleaned else store.keep(staged)
            thumbnail = _thumbnail(found, store)
            return {
                "file_name": name, "media_type": _TYPES[kind][1], "sha256": kept.sha256, "size": kept.size,
                "pages": max(found.pages, 1), "width": found.width or None, "height": found.height or None,
                "thumbnail_sha256": thumbnail,
                "warnings": [{"code": w.code, "message": w.message, "page": w.page} for w in found.warnings],
            }  # fmt: skip


def _thumbnail(found: Inspection, store: FileStore) -> str:
    picture = found.derived.get("thumbnail")
    return store.put(io.BytesIO(picture), max_bytes=2_000_000).sha256 if picture else ""


def _place(
    actor: Actor, now: datetime, dossier: Dossier, item: MaterialItem | None, values: dict[str, Any]
) -> Material:
    application = dossier.application
    status = prints.print_status(dossier) if item is not None and item.approval_form else None
    with write_transaction():
        if (
            Material.select().where((Material.application == application.id) & Material.removed_at.is_null()).count()
            >= MAX_FILES
        ):
            raise Invalid(f"这个人的文件已有 {MAX_FILES} 个，请先删除待归位的文件。")
        old = _current(application.id, item.key) if item else None
        if item:
            _demand(actor, dossier, item)
            values = {**values, "warnings": values["warnings"] + _odd(application.id, item, dossier, values)}
        if old is not None:
            Material.update(is_current=False).where(Material.id == old.id).execute()
        made = Material.create(
            application=application.id, slot_key=item.key if item else "", slot_version=_next_version(application.id, item),
            print_version=status.version if status else None, uploaded_by_name=actor.name, uploaded_at=now, **values,
        )  # fmt: skip
        audit.record(
            actor=actor, now=now, verb="material.replaced" if old else "material.uploaded",
            subject=("application", application.id), case_id=application.case_id, worker_id=application.worker_id,
            detail=_detail(application, item, made, old),
        )  # fmt: skip
        _touch(application, now)
    return made


def _next_version(application_id: int, item: MaterialItem | None) -> int:
    if item is None:
        return 1
    return (
        Material.select().where((Material.application == application_id) & (Material.slot_key == item.key)).count() + 1
    )


def _odd(application_id: int, item: MaterialItem, dossier: Dossier, values: dict[str, Any]) -> list[dict[str, Any]]:
    """Warnings of the place: a name that does not fit the slot, the same file in another slot (S002-132)."""
    found = []
    text = name_warning(values["file_name"], item.key, materials.named_slots(materials.items_for(dossier)))
    if text:
        found.append({"code": "name", "message": text, "page": None})
    twin = Material.get_or_none(
        (Material.application == application_id) & (Material.sha256 == values["sha256"]) & (Material.is_current == 1)
        & (Material.slot_key != item.key) & (Material.slot_key != "")
    )  # fmt: skip
    if twin is not None:
        number = next((i.number for i in materials.items_for(dossier) if i.key == twin.slot_key), "?")
        found.append({"code": "same_file", "message": f"与材料 {number} 是同一个文件，请确认没有传错。", "page": None})
    return found


def _detail(
    application: Application, item: MaterialItem | None, made: Material, old: Material | None
) -> dict[str, Any]:
    return {
        "person": application.worker_name, "number": item.number if item else None,
        "title": item.short_name if item else "待归位", "file": made.file_name, "sha256": made.sha256,
        "before": old.sha256 if old else None,
    }  # fmt: skip


def _touch(application: Application, now: datetime) -> None:
    Application.update(updated_at=now).where(Application.id == application.id).execute()


def assign(*, actor: Actor, now: datetime, dossier: Dossier, material: Material, slot_key: str) -> None:
    """Move a file (from the tray or another slot) into a slot. Raises Invalid when the format does not fit."""
    item = _item(dossier, slot_key)
    _demand(actor, dossier, item)
    if _TYPES[item.format][1] != material.media_type:
        wanted = "jpg 照片" if item.format == "photo" else "PDF 文件"
        raise Invalid(
            f"材料 {item.number} {item.short_name} 要求{wanted}，“{material.file_name}”不符合，请换一个文件。"
        )
    with write_transaction():
        _retire(actor, now, dossier, material)
        _place(actor, now, dossier, item, _values_of(material))


def _retire(actor: Actor, now: datetime, dossier: Dossier, material: Material) -> None:
    if material.slot_key:
        known = next((i for i in materials.items_for(dossier) if i.key == material.slot_key), None)
        if known is not None:
            materials.can_change_slot(
                actor, dossier.application, known.key, material, approval=known.approval_form
            ).demand()
    done = (
        Material.update(is_current=False, removed_at=now)
        .where((Material.id == material.id) & (Material.is_current == 1))
        .execute()
    )
    if not done:
        raise Conflict("这个文件刚被他人移动或替换，请刷新页面后再操作。")


def exchange(*, actor: Actor, now: datetime, dossier: Dossier, material: Material, other_key: str) -> None:
    """Exchange the files of two slots (与 n 号对调); with an empty other slot the file just moves."""
    own, other = _item(dossier, material.slot_key), _item(dossier, other_key)
    if own.format != other.format:
        raise Invalid("两项材料的格式不同，不能对调，请分别替换。")
    there = _current(dossier.application.id, other_key)
    with write_transaction():
        _retire(actor, now, dossier, material)
        _place(actor, now, dossier, other, _values_of(material))
        if there is not None:
            _place(actor, now, dossier, own, _values_of(there))


def _values_of(material: Material) -> dict[str, Any]:
    """Column values for the same file in another place; warnings of the old place are left behind."""
    names = ("file_name", "media_type", "sha256", "size", "pages", "width", "height", "thumbnail_sha256")
    warnings = [item for item in material.warnings if item["code"] not in ("name", "same_file")]
    return {**{name: getattr(material, name) for name in names}, "warnings": warnings}


def confirm(*, actor: Actor, now: datetime, dossier: Dossier, material: Material) -> None:
    """A clerk has looked: the file is right in spite of its warnings (没有放错)."""
    _demand_material(actor, dossier, material)
    with write_transaction():
        Material.update(confirmed_at=now, confirmed_by_name=actor.name).where(Material.id == material.id).execute()
        audit.record(
            actor=actor, now=now, verb="material.confirmed", subject=("application", dossier.application.id),
            case_id=dossier.application.case_id, worker_id=dossier.application.worker_id,
            detail={"person": dossier.application.worker_name, "file": material.file_name,
                    "warnings": [w["message"] for w in material.warnings]},
        )  # fmt: skip


def remove(*, actor: Actor, now: datetime, dossier: Dossier, material: Material) -> None:
    """Take a file out of its slot or the tray; the bytes stay while a submission refers to them."""
    _demand_material(actor, dossier, material)
    with write_transaction():
        _retire(actor, now, dossier, material)
        audit.record(
            actor=actor, now=now, verb="material.removed", subject=("application", dossier.application.id),
            case_id=dossier.application.case_id, worker_id=dossier.application.worker_id,
            detail={"person": dossier.application.worker_name, "file": material.file_name, "sha256": material.sha256},
        )  # fmt: skip
        _touch(dossier.application, now)


def _demand_material(actor: Actor, dossier: Dossier, material: Material) -> None:
    known = next((i for i in materials.items_for(dossier) if i.key == material.slot_key), None)
    materials.can_change_slot(
        actor, dossier.application, material.slot_key if known else "", material,
        approval=bool(known and known.approval_form),
    ).demand()  # fmt: skip
