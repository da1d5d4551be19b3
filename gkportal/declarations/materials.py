"""The material board of one person: numbered slots, what is in them, what is missing (S002-09…89, S002-131/132)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from peewee import fn

from gkportal.core.actor import Actor
from gkportal.core.answer import YES, Answer, no
from gkportal.declarations import prints, rules, states
from gkportal.declarations.dossiers import Dossier
from gkportal.declarations.models import Application, Material
from gkportal.policy import MaterialItem
from gkportal.storage.slots import Slot as NamedSlot


@dataclass(slots=True)
class Slot:
    """One numbered item with its current file. `state`: done, missing, confirm (a person must look), stale
    (the 审批表 was printed anew), optional (nothing there, nothing asked)."""

    item: MaterialItem
    material: Material | None
    versions: int
    state: str
    messages: list[str] = field(default_factory=list)
    swap_key: str = ""
    swap_number: int | None = None
    locked: str = ""

    @property
    def done(self) -> bool:
        """Nothing more to do here."""
        return self.state in ("done", "optional")


@dataclass(slots=True)
class Board:
    """All slots of a person, the tray, and what is still to do in words."""

    slots: list[Slot]
    tray: list[Material]
    missing: list[str]

    @property
    def total(self) -> int:
        """Slots that count: required ones and filled optional ones."""
        return sum(slot.item.required or slot.material is not None for slot in self.slots)

    @property
    def done(self) -> int:
        """Slots that are filled and need no look any more."""
        return sum(slot.state == "done" for slot in self.slots)

    @property
    def complete(self) -> bool:
        """Everything is there and confirmed."""
        return not self.missing


def items_for(dossier: Dossier) -> tuple[MaterialItem, ...]:
    """The list the pack asks from this person as the application stands now."""
    application = dossier.application
    return dossier.pack.material_list(
        application.kind, application.grade, application.mode, application.trade_code, dossier.facts,
        flag=application.flag or None, year=dossier.year,
    )  # fmt: skip


def named_slots(items: tuple[MaterialItem, ...]) -> list[NamedSlot]:
    """The list in the shape of the file name matcher."""
    return [NamedSlot(item.number, item.key, item.short_name, item.title) for item in items]


def current_materials(application_ids: list[int]) -> dict[int, list[Material]]:
    """Current files by application, one query."""
    found: dict[int, list[Material]] = {key: [] for key in application_ids}
    rows = Material.select().where(Material.application.in_(application_ids) & (Material.is_current == 1))
    for row in rows.order_by(Material.id):
        found[row.application_id].append(row)
    return found


def version_counts(application_ids: list[int]) -> dict[tuple[int, str], int]:
    """How many versions each slot has had, one query."""
    rows = (
        Material.select(Material.application, Material.slot_key, fn.COUNT(Material.id))
        .where(Material.application.in_(application_ids) & (Material.slot_key != ""))
        .group_by(Material.application, Material.slot_key)
        .tuples()
    )
    return {(application_id, key): count for application_id, key, count in rows}


def material_board(
    dossier: Dossier, actor: Actor | None = None, print_status: prints.PrintStatus | None = None
) -> Board:
    """The board of one person."""
    application = dossier.application
    status = print_status or prints.print_status(dossier)
    files = current_materials([application.id])[application.id]
    return build_board(dossier, files, version_counts([application.id]), status, actor)


def build_board(
    dossier: Dossier, files: list[Material], versions: dict[tuple[int, str], int], status: prints.PrintStatus,
    actor: Actor | None,
) -> Board:  # fmt: skip
    """A board from rows that are already there (lists of many people)."""
    application = dossier.application
    by_key = {row.slot_key: row for row in files if row.slot_key}
    items = items_for(dossier)
    known = {item.key for item in items}
    slots = []
    for item in items:
        slot = _slot(item, by_key.get(item.key), versions.get((application.id, item.key), 0), status)
        if actor is not None:
            slot.locked = can_change_slot(
                actor, application, item.key, slot.material, approval=item.approval_form
            ).reason
        slots.append(slot)
    _find_swaps(slots)
    tray = [row for row in files if row.slot_key not in known]
    return Board(slots, tray, [text for slot in slots for text in _missing(slot, status)])


def _slot(item: MaterialItem, material: Material | None, versions: int, status: prints.PrintStatus) -> Slot:
    if material is None:
        return Slot(item, None, versions, "missing" if item.required else "optional")
    messages = [warning["message"] for warning in material.warnings] if material.confirmed_at is None else []
    if item.approval_form and (status.state != "current" or material.print_version != status.version):
        return Slot(
            item, material, versions, "stale", ["审批表已重新打印或内容有改动，请上传最新一版签字盖章的扫描件。"]
        )
    return Slot(item, material, versions, "confirm" if messages else "done", messages)


def _find_swaps(slots: list[Slot]) -> None:
    """Two files that name each other's numbers can be exchanged with one click (S002-132)."""
    from gkportal.storage.slots import parse_numbered_name

    numbers = {slot.item.number: slot for slot in slots}
    for slot in slots:
        if slot.material is None or slot.state != "confirm":
            continue
        named = numbers.get(parse_numbered_name(slot.material.file_name).number or 0)
        if named is not None and named is not slot and named.item.format == slot.item.format:
            slot.swap_key, slot.swap_number = named.item.key, named.item.number


def _missing(slot: Slot, status: prints.PrintStatus) -> list[str]:
    place = f"材料 {slot.item.number} {slot.item.short_name}"
    if slot.state == "missing":
        if slot.item.approval_form and status.state != "current":
            return [f"{place}：先打印审批表，签字盖章后扫描上传"]
        return [f"{place}：未交"]
    if slot.state == "stale":
        return [f"{place}：请重新打印后上传新的扫描件"]
    return [f"{place}：请确认 {slot.messages[0]}"] if slot.state == "confirm" else []


def can_change_slot(
    actor: Actor, application: Application, slot_key: str, current: Material | None, *, approval: bool = False
) -> Answer:
    """May this slot's file be uploaded, replaced or removed? After a return only the named items open, what is
    missing, and the 审批表 when the form itself opened (peers.md W12)."""
    answer = rules.can_edit(actor, application)
    if not answer or application.state != states.RETURNED or application.unlocked is None or not slot_key:
        return answer
    unlocked = application.unlocked
    if current is None or f"material:{slot_key}" in unlocked:
        return YES
    if approval and any(key == "form" or key.startswith("section:") for key in unlocked):
        return YES
    return no("本次退回未要求修改这一项。")


def photo_sha256(application_id: int) -> str | None:
    """Content hash of the current photo, for the 审批表."""
    return (
        Material.select(Material.sha256)
        .where(
            (Material.application == application_id)
            & (Material.is_current == 1)
            & (Material.media_type == "image/jpeg")
            & (Material.slot_key == "photo")
        )
        .scalar()
    )


def uploaded_text(material: Material, now: datetime) -> str:
    """`1 页 · 412 KB · 4月9日 16:02`"""
    from gkportal.core import clock
    from gkportal.storage.errors import size_text

    local = clock.local(material.uploaded_at)
    shape = f"{material.width}×{material.height}" if material.media_type == "image/jpeg" else f"{material.pages} 页"
    day = "" if local.date() == clock.local(now).date() else f"{local.month}月{local.day}日 "
    return f"{shape} · {size_text(material.size)} · {day}{local:%H:%M}"
