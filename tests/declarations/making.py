"""Real applications for tests, made through the operations that the pages use."""

from __future__ import annotations

import io
from datetime import datetime

from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from gkportal.core.actor import Actor
from gkportal.core.services import service
from gkportal.declarations import (
    dossiers,
    eligibility,
    material_operations,
    materials,
    operations,
    operations_form,
    prints,
    queries,
    submission,
)
from gkportal.declarations.form_input import FormInput
from gkportal.declarations.models import Application
from gkportal.policy import load_pack
from gkportal.review.models import Case
from tests import world as worlds

CONTACT = submission.Contact("穆知秋", "10000000016")


def pdf(text: str = "scan", pages: int = 1) -> bytes:
    """A small sound PDF; different texts give different bytes."""
    target = io.BytesIO()
    canvas = Canvas(target)
    for number in range(pages):
        canvas.drawString(80, 700, f"{text} {number}")
        for line in range(12):
            canvas.drawString(80, 660 - line * 20, f"{text} line {line} " * 4)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def photo(shade: int = 90, size: tuple[int, int] = (413, 579)) -> bytes:
    """A portrait-like JPEG of 2寸 on white."""
    image = Image.new("RGB", size, "#ffffff")
    draw = ImageDraw.Draw(image)
    draw.ellipse((size[0] // 4, size[1] // 5, size[0] * 3 // 4, size[1] * 2 // 3), fill=(shade, 120, 110))
    draw.rectangle((size[0] // 6, size[1] * 2 // 3, size[0] * 5 // 6, size[1]), fill=(shade, 60, 90))
    target = io.BytesIO()
    image.save(target, "JPEG", quality=90)
    return target.getvalue()


def add(
    world: worlds.World, worker: str, *, clerk: str = "clerk", kind: str = "level", grade: int = 3, mode: str = "normal",
    trade: str | None = None, flag: str = "", reason: str = "", now: datetime = worlds.NOW,
) -> Application:  # fmt: skip
    """Put a worker of the test world into a declaration."""
    person = world.workers[worker]
    pack = load_pack(world.round.pack_id)
    choice = eligibility.Choice(grade, mode, flag, trade or pack.resolve_trade(person.trade_code) or "")
    added = operations.add_applicants(
        actor=world.actor(clerk), now=now, unit=world.users[clerk].organization, round_=world.round, kind=kind,
        picks=[operations.Pick(person.public_id, choice, reason)],
    )  # fmt: skip
    assert added.refused == []
    return reload(added.added[0])


def reload(application: Application) -> Application:
    """The application as it is stored now, with case, unit and worker."""
    case = Case.get_by_id(application.case_id)
    return next(item for item in queries.applications_of(case) if item.id == application.id)


def dossier(application: Application) -> dossiers.Dossier:
    """The dossier as it is now."""
    return dossiers.load_one(reload(application))


def fill(application: Application, actor: Actor, now: datetime = worlds.NOW, **values: str) -> None:
    """Complete the form."""
    loaded = dossier(application)
    given = {
        "political": "13",
        "on_post": "yes",
        "transferred": "no",
        "appraisal_text": "工作认真，技术熟练。",
        **values,
    }
    operations_form.save_form(
        actor=actor, now=now, application=loaded.application, definition=loaded.definition, sent=FormInput(values=given)
    )
    assert [problem.message for problem in dossier(application).errors] == []


def upload(application: Application, actor: Actor, key: str, data: bytes | None = None, name: str = "", now=worlds.NOW):
    """Upload one material."""
    loaded = dossier(application)
    item = next(item for item in materials.items_for(loaded) if item.key == key)
    data = data or (photo(80 + application.id) if item.photo else pdf(f"{application.id}{key}"))
    return material_operations.upload(
        actor=actor, now=now, dossier=loaded, slot_key=key, file_name=name or item.file_name, stream=io.BytesIO(data),
        store=service("store"), inspector=service("inspector"), max_bytes=20 * 1024 * 1024,
    )  # fmt: skip


def complete(application: Application, actor: Actor, now: datetime = worlds.NOW) -> Application:
    """Form, print and all required materials: ready to submit."""
    fill(application, actor, now)
    items = [item for item in materials.items_for(dossier(application)) if item.required]
    for item in items:
        if not item.approval_form:
            upload(application, actor, item.key, now=now)
    prints.print_form(actor=actor, now=now, application=reload(application))
    for item in items:
        if item.approval_form:
            upload(application, actor, item.key, now=now)
    return reload(application)


def submit(application: Application, actor: Actor, now: datetime = worlds.NOW) -> Application:
    """Submit one person."""
    case = queries.get_case(actor, application.case.public_id)
    submission.submit(actor=actor, now=now, case=case, applications=[application], contact=CONTACT)
    return reload(application)
