"""The 审批表 and its print lock: what was printed is known by version and hash, a later change voids it (S000-84…86).

The preview is made of the very context that the next official print uses, and an official print is stored: what
was shown, what is printed and what can be fetched again are the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from peewee import fn

from gkportal import audit
from gkportal.core.actor import Actor
from gkportal.core.clock import local
from gkportal.core.db import write_transaction
from gkportal.core.errors import Conflict
from gkportal.core.services import service
from gkportal.declarations import rules
from gkportal.declarations.dossiers import Dossier, load_one
from gkportal.declarations.models import Application, FormPrint, Material
from gkportal.declarations.print_values import changed_labels, mark_for, print_values
from gkportal.documents import RenderedDocument
from gkportal.documents.forms.approval_form import approval_form_context

_PDF_MAX = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PrintStatus:
    """none 未打印, current 已打印, stale 请重新打印; `changes` names what changed since version `version`."""

    state: str = "none"
    version: int = 0
    changes: tuple[str, ...] = ()
    pages: int = 0
    printed_at: datetime | None = None
    printed_by: str = ""
    short_hash: str = ""

    @property
    def label(self) -> str:
        """The state in words."""
        return {"none": "未打印", "current": f"已打印第 {self.version} 版", "stale": "请重新打印"}[self.state]


def data_of(dossier: Dossier, photo: str = "") -> dict[str, Any]:
    """What the 审批表 of this person prints now; `photo` is the SHA-256 of the picture on it."""
    data = asdict(print_values(dossier))
    for name in ("mark", "draft", "result", "opinions", "case_number"):
        data.pop(name)
    return json.loads(json.dumps({**data, "photo": photo}, ensure_ascii=False))


def raw_of(dossier: Dossier, photo: str = "") -> dict[str, Any]:
    """The stored values behind the print. The lock hangs on these and not on their wording, so that a newer version
    of the program that words something differently voids nobody's signed paper."""
    application = dossier.application
    return {
        "values": dossier.values, "flag": application.flag, "name": dossier.bundle.worker.name,
        "unit": dossier.unit.name, "uscc": dossier.unit.uscc, "form": dossier.pack.printing.form, "photo": photo,
    }  # fmt: skip


def hash_of(data: dict[str, Any]) -> str:
    """SHA-256 of the data, the same for equal data."""
    return hashlib.sha256(json.dumps(data, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()


def data_hash(application: Application, dossier: Dossier | None = None) -> str:
    """The hash of what the form would print now."""
    dossier = dossier or load_one(application)
    return hash_of(raw_of(dossier, photos([dossier]).get(application.id, "")))


def photos(dossiers: Iterable[Dossier]) -> dict[int, str]:
    """SHA-256 of each person's photo by application id; one query."""
    keys = {
        item.key for dossier in dossiers for entry in dossier.pack.data.materials for item in entry.items if item.photo
    }
    ids = [dossier.application.id for dossier in dossiers]
    rows = Material.select(Material.application, Material.sha256).where(
        Material.application.in_(ids) & Material.slot_key.in_(sorted(keys)) & (Material.is_current == True)  # noqa: E712
    )
    return {row.application_id: row.sha256 for row in rows}


def print_statuses(dossiers: Iterable[Dossier]) -> dict[int, PrintStatus]:
    """The print state of several applications in two queries."""
    rows = list(dossiers)
    latest = _latest([item.application.id for item in rows])
    pictures = photos(rows) if latest else {}
    return {
        item.application.id: _status(latest.get(item.application.id), item, pictures.get(item.application.id, ""))
        for item in rows
    }


def print_status(thing: Application | Dossier) -> PrintStatus:
    """Whether the printed form still says what is stored, for an application or its dossier."""
    dossier = thing if isinstance(thing, Dossier) else load_one(thing)
    return print_statuses([dossier])[dossier.application.id]


def _latest(ids: list[int]) -> dict[int, FormPrint]:
    newest = (
        FormPrint.select(fn.MAX(FormPrint.id)).where(FormPrint.application.in_(ids)).group_by(FormPrint.application)
    )
    return {row.application_id: row for row in FormPrint.select().where(FormPrint.id.in_(newest))} if ids else {}


def _status(row: FormPrint | None, dossier: Dossier, photo: str) -> PrintStatus:
    if row is None:
        return PrintStatus()
    current = hash_of(raw_of(dossier, photo)) == row.data_hash
    changes = () if current else tuple(changed_labels(row.data, data_of(dossier, photo)))
    return PrintStatus(
        state="current" if current else "stale",
        version=row.print_version,
        changes=changes,
        pages=row.pages,
        printed_at=row.printed_at,
        printed_by=row.printed_by_name,
        short_hash=row.short_hash,
    )


def latest_print(application: Application) -> FormPrint | None:
    """The last official print."""
    return _latest([application.id]).get(application.id)


def preview(application: Application, *, now: datetime) -> bytes:
    """The PDF to look at: the stored one while it is current, else exactly what the next print will be.

    Raises DocumentError or DocumentUnavailable.
    """
    dossier = load_one(application)
    photo = photos([dossier]).get(application.id, "")
    row = latest_print(application)
    if row is not None and row.data_hash == hash_of(raw_of(dossier, photo)):
        return service("store").read(row.sha256)
    return _render(dossier, photo, (row.print_version if row else 0) + 1, now).pdf


def _render(dossier: Dossier, photo: str, version: int, now: datetime) -> RenderedDocument:
    form = print_values(dossier, mark_for(dossier, version, hash_of(raw_of(dossier, photo)), local(now).date()))
    images = {"photo": service("store").read(photo)} if photo else {}
    return service("renderer").render(dossier.pack.printing.form, approval_form_context(form), images=images)


def print_form(*, actor: Actor, now: datetime, application: Application) -> FormPrint:
    """The official print: stores the PDF and locks its data under the next version.

    Printing again without a change gives the stored print. Raises Refused; Conflict when the data changed while
    the form was being made; DocumentError, DocumentUnavailable.
    """
    rules.can_print(actor, application).demand()
    dossier = load_one(application)
    photo = photos([dossier]).get(application.id, "")
    data, digest = data_of(dossier, photo), hash_of(raw_of(dossier, photo))
    row = latest_print(application)
    if row is not None and row.data_hash == digest:
        return row
    version = (row.print_version if row else 0) + 1
    made = _render(dossier, photo, version, now)
    service("store").put(BytesIO(made.pdf), max_bytes=_PDF_MAX)
    with write_transaction():
        current = Application.get_or_none(Application.id == application.id)
        if current is None or current.form_version != application.form_version:
            raise Conflict("生成审批表时申报信息被改动，请重新打开预览核对后再打印。")
        newest = latest_print(application)
        if newest is not None and newest.print_version >= version:
            return newest
        made_row = FormPrint.create(
            application=application.id, print_version=version, data_hash=digest, short_hash=digest[:8].upper(),
            data=data, sha256=made.sha256, pages=made.pages, printed_at=now, printed_by_name=actor.name,
        )  # fmt: skip
        audit.record(
            actor=actor, now=now, verb="application.form_printed", subject=("application", application.id),
            case_id=application.case_id, worker_id=application.worker_id,
            detail={"name": application.worker_name, "version": version, "hash": made_row.short_hash},
        )  # fmt: skip
    return made_row
