"""Declarations for the measures: people ready to be submitted, forms to save, a long review queue, many own cases."""

from __future__ import annotations

import copy
import io
from datetime import datetime
from itertools import islice
from typing import Any

from PIL import Image

from bench.city import RUSH_UNITS
from gkportal.auth.models import RoleGrant, User
from gkportal.auth.sessions import actor_for
from gkportal.core import clock, db
from gkportal.core.actor import Actor, Role
from gkportal.core.db import InstantField, new_public_id
from gkportal.declarations import dossiers, eligibility, materials, operations, prints, queries
from gkportal.declarations.models import Application, FormPrint, Material
from gkportal.policy import Pack, load_pack
from gkportal.review.models import Case, ReviewTask
from gkportal.roster import facts as roster_facts
from gkportal.roster import queries as roster
from gkportal.roster.models import Worker
from gkportal.rounds.models import Round
from gkportal.storage import FileStore

#: Per rush unit: people to be submitted one by one, and people whose forms are saved.
READY, DRAFTS = 20, 2
TASKS = 10_000
OWN_CASES = 300
KIND = "level"
_STAMP = InstantField()


def build(store: FileStore) -> dict[str, Any]:
    """Make all of it; returns what the measures must know."""
    now, round_ = clock.now(), Round.get()
    pack = load_pack(round_.pack_id)
    files = {
        "pdf": store.put(io.BytesIO(_pdf()), max_bytes=10**7),
        "jpg": store.put(io.BytesIO(_photo()), max_bytes=10**7),
    }
    notes: dict[str, Any] = {"rush": {}, "forms": {}, "rush_cases": [], "blockers": []}
    for number in range(1, RUSH_UNITS + 1):
        actor = _actor(f"clerk{number}")
        case, people = _declare(actor, round_, pack, now)
        ready, drafts = people[:READY], people[READY:]
        _complete(actor, ready, pack, files, now)
        notes["rush_cases"].append(case.public_id)
        notes["rush"][f"clerk{number}"] = {"case": case.public_id, "people": [item.public_id for item in ready]}
        notes["forms"][f"clerk{number}"] = [item.public_id for item in drafts]
        notes["blockers"] += _blockers(ready, case, now)
    notes["slot"] = _slot_for_scans(drafts[1])
    example = Application.get(Application.id == ready[0].id)
    notes["tasks"] = _queue(example, TASKS, now)
    notes["own_cases"] = _own_cases(_actor("clerk0"), case, OWN_CASES)
    return notes


def _actor(username: str) -> Actor:
    user = User.get(User.username == username)
    roles = frozenset(Role(grant.role) for grant in RoleGrant.select().where(RoleGrant.user == user))
    return actor_for(user, user.organization, roles, "127.0.0.1")


def _declare(actor: Actor, round_: Round, pack: Pack, now: datetime) -> tuple[Case, list[Application]]:
    """A case of the actor's unit with people who meet the conditions."""
    from gkportal.orgs.models import Organization

    unit = Organization.get(Organization.id == actor.org_id)
    picks = list(islice(_fitting(unit.id, round_, pack), READY + DRAFTS))
    added = operations.add_applicants(actor=actor, now=now, unit=unit, round_=round_, kind=KIND, picks=picks)
    if len(added.added) < READY + DRAFTS:
        raise RuntimeError(f"{unit.name}: only {len(added.added)} people could be added")
    return added.case, queries.applications_of(added.case)


def _fitting(unit_id: int, round_: Round, pack: Pack):
    """Picks of people of the unit who meet the conditions and lack nothing in the roster."""
    full = (Worker.phone != "") & (Worker.work_start != "") & (Worker.trade_start != "") & (Worker.hired_at != "")
    ids = [
        row[0]
        for row in Worker.select(Worker.id)
        .where((Worker.unit == unit_id) & (Worker.status == "active") & full)
        .tuples()
    ]
    for bundle in roster.bundles(ids).values():
        facts = roster_facts.facts_of(bundle)
        if eligibility.elsewhere(pack, facts, KIND) is not None or not facts.grade_held:
            continue
        choice = eligibility.default_choice(pack, facts, KIND, round_.year)
        if choice.trade_code and eligibility.judge(pack, facts, KIND, choice, round_.year).outcome == "met":
            yield operations.Pick(bundle.worker.public_id, choice)


#: Values for fields that the roster leaves empty.
_FILL = {"appraisal_text": "该同志工作认真负责，近三年年度考核均为合格。"}


def _complete(actor: Actor, people: list[Application], pack: Pack, files: dict, now: datetime) -> None:
    """Fill in what is missing, put a file into each slot, print: everything a submission asks for."""
    with db.write_transaction():
        for item in people:
            _fill(item)
        for dossier in dossiers.load(people).values():
            _materials(dossier, files, now, photos_only=True)
        for dossier in dossiers.load(people).values():
            _print(actor, dossier, files, now)
            _materials(dossier, files, now, photos_only=False)


def _fill(application: Application) -> None:
    dossier = dossiers.load_one(application)
    form = copy.deepcopy(application.form)
    for problem in dossier.errors:
        if problem.row_index is None and problem.field in form and not form[problem.field]:
            form[problem.field] = _FILL.get(problem.field, "无")
    application.form = form
    Application.update(form=form).where(Application.id == application.id).execute()


def _materials(dossier: dossiers.Dossier, files: dict, now: datetime, *, photos_only: bool) -> None:
    photo_keys = {item.key for entry in dossier.pack.data.materials for item in entry.items if item.photo}
    for item in materials.items_for(dossier):
        is_photo = item.key in photo_keys
        if not item.required or is_photo != photos_only:
            continue
        stored = files["jpg" if is_photo else "pdf"]
        Material.create(
            application=dossier.application, slot_key=item.key, file_name=item.file_name,
            media_type="image/jpeg" if is_photo else "application/pdf", sha256=stored.sha256, size=stored.size,
            print_version=1 if item.approval_form else None, uploaded_by_name="穆知秋", uploaded_at=now,
        )  # fmt: skip


def _print(actor: Actor, dossier: dossiers.Dossier, files: dict, now: datetime) -> None:
    """The official print as a row; its PDF is not what the rush measures."""
    data = prints.data_of(dossier, prints.photos([dossier]).get(dossier.application.id, ""))
    digest = prints.data_hash(dossier.application, dossier)
    FormPrint.create(
        application=dossier.application, print_version=1, data_hash=digest, short_hash=digest[:8].upper(), data=data,
        sha256=files["pdf"].sha256, pages=2, printed_at=now, printed_by_name=actor.name,
    )  # fmt: skip


def _slot_for_scans(application: Application) -> str:
    """The key of a slot that takes a PDF of 10 MB."""
    items = materials.items_for(dossiers.load_one(application))
    fits = [
        item.key for item in items if not item.approval_form and item.max_bytes >= 12_000_000 and item.format == "pdf"
    ]
    return fits[0] if fits else ""


def _blockers(people: list[Application], case: Case, now: datetime) -> list[str]:
    """What still stands against submitting the ready ones: must be empty for the rush to mean anything."""
    from gkportal.declarations import readiness

    fresh = [item for item in queries.applications_of(case) if item.id in {one.id for one in people}]
    return sorted({text for one in readiness.check(fresh, case, now).values() for text in one.blockers})


def _queue(example: Application, number: int, now: datetime) -> int:
    """`number` waiting tasks for the department, as copies of one application and its case for other people."""
    department = Application.select().where(Application.id == example.id).get().unit.parent_id
    people = list(Worker.select(Worker.name, Worker.unit).where(Worker.unit == example.unit_id).limit(number).tuples())
    with db.write_transaction():
        made = _copy(
            Case, example.case_id, {"state": "in_review", "submitted_at": _STAMP.db_value(now)}, max(1, number // 20)
        )
        for place in range(number):
            name, unit_id = people[place % len(people)]
            task = ReviewTask(
                case=made[place // 20], subject_type="application", subject_id=-1 - place, step_index=0, step_key="department",
                step_label="待主管部门审核", organization=department, unit=unit_id, person_name=name, kind=example.kind,
                grade=5 - place % 3, mode=("normal", "exception", "transfer")[place % 3], trade_code=example.trade_code,
                arrived_at=now,
            )  # fmt: skip
            task.save(force_insert=True)
    return number


def _copy(model: type, row_id: int, changes: dict[str, Any], number: int) -> list[int]:
    """Insert `number` copies of a row with new public ids (and case numbers); returns their ids."""
    names = [name for name in model._meta.columns if name != "id"]
    row = dict(model.select().where(model.id == row_id).dicts().get())
    base = {
        field.column_name: field.db_value(row[field.name])
        for field in model._meta.sorted_fields
        if field.column_name in names
    } | changes
    made = []
    marks = ", ".join("?" * len(names))
    for _ in range(number):
        fresh = {"public_id": new_public_id()}
        if "number" in names:
            fresh["number"] = f"{clock.today():%Y%m%d}9{next(_number):07d}"
        values = [(base | fresh)[name] for name in names]
        cursor = db.database.execute_sql(
            f'INSERT INTO "{model._meta.table_name}" ({", ".join(names)}) VALUES ({marks})', values
        )
        made.append(cursor.lastrowid)
    return made


_number = iter(range(1, 10**7))


def _own_cases(actor: Actor, example: Case, number: int) -> int:
    """Finished cases of this year in the actor's unit."""
    changes = {"unit_id": actor.org_id, "state": "done", "holder_id": None, "created_by_id": actor.user_id}
    with db.write_transaction():
        _copy(Case, example.id, changes, number)
    return number


def _photo() -> bytes:
    output = io.BytesIO()
    Image.new("RGB", (413, 579), (70, 110, 190)).save(output, "JPEG", quality=85)
    return output.getvalue()


def _pdf() -> bytes:
    from reportlab.pdfgen import canvas

    output = io.BytesIO()
    page = canvas.Canvas(output)
    page.drawString(72, 760, "bench")
    page.save()
    return output.getvalue()
