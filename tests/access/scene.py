"""Real objects for every unit, made by the application's own operations: what the access matrix is tried on.

Each of four units (own, sibling, foreign, city_unit) gets people with names of their own, a level case with one
person at each stage of the review (department, district office, city office) and one draft, a technician case that
was never submitted, files whose names say whose they are, and a late exception. All texts that belong to one unit
are its *markers*: whoever may not see the unit must never get one of them.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from gkportal.auth.models import RoleGrant, User
from gkportal.core.actor import Role
from gkportal.core.db import write_transaction
from gkportal.declarations import (
    dossiers,
    material_operations,
    materials,
    operations,
    operations_form,
    prints,
    queries,
    snapshots,
    submission,
)
from gkportal.declarations.eligibility import Choice
from gkportal.declarations.form_input import FormInput
from gkportal.declarations.models import Application, Material
from gkportal.orgs.models import Organization
from gkportal.policy import load_pack
from gkportal.review import operations as review
from gkportal.review import phrases
from gkportal.review.models import Case, ReviewTask
from gkportal.roster import facts as roster_facts
from gkportal.roster import operations as roster_operations
from gkportal.roster import queries as roster
from gkportal.rounds import operations as rounds
from gkportal.rounds.models import Round
from tests.world import NOW, World, id_number

#: Persons beside those of tests.world: (user name, organisation, display name, roles).
MORE_PEOPLE = (
    ("nobody", "unit", "仰无职", ()),
    ("other_round_admin", "other_district", "丛在山", (Role.ROUND_ADMIN,)),
    ("district_round_admin", "district", "邰令仪", (Role.ROUND_ADMIN,)),
)
#: Unit → (family name of its people, mark in names of submitted files, of draft files, of its late exception,
#: telephone of its contact).
UNITS = {
    "unit": ("蔺", "青松档", "青松稿", "青松延", "10000000201"),
    "sibling": ("宓", "红枫档", "红枫稿", "红枫延", "10000000202"),
    "foreign": ("逄", "白桦档", "白桦稿", "白桦延", "10000000203"),
    "city_unit": ("郗", "翠竹档", "翠竹稿", "翠竹延", "10000000204"),
}
#: Given names: three that are submitted, a draft in the same case, and a 高级工 for the technician case.
_GIVEN = ("一鸣", "二梅", "三春", "四海", "五行")
CLERKS = {"unit": "clerk", "sibling": "sibling_clerk", "foreign": "foreign_clerk", "city_unit": "city_clerk"}
#: Who passes a task of these organisations upwards.
_REVIEWERS = {
    "department": "department_reviewer", "other_department": "other_department_reviewer",
    "city_department": "city_department_reviewer", "district": "district_reviewer",
    "other_district": "other_district_reviewer",
}  # fmt: skip
#: How many reviews the first three people of a unit have passed.
_STAGES = (0, 1, 2)
MAX_BYTES = 20 * 1024 * 1024


@dataclass
class Thing:
    """One object that an address can name: whose it is, and what reviewers may know of it."""

    id: str
    org: str
    kind: str
    sent: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Scene:
    """Everything by kind, and the markers of each unit."""

    things: dict[str, list[Thing]] = field(default_factory=dict)
    #: Unit → group → texts. unit: name, code; accounts: who works there; people: names and telephones of workers;
    #: business: submitted cases and files; draft: files never submitted; late: the draft case and its late exception.
    markers: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    id_numbers: list[str] = field(default_factory=list)

    def add(self, kind: str, public_id: str, org: str, *, sent: bool = False, **extra: Any) -> Thing:
        """Remember an object."""
        thing = Thing(str(public_id), org, kind, sent, extra)
        self.things.setdefault(kind, []).append(thing)
        return thing

    def of(self, kind: str, org: str, **extra: Any) -> Thing:
        """The first object of a kind that belongs to `org` and has these extras."""
        return next(
            t for t in self.things[kind] if t.org == org and extra.items() <= (t.extra | {"sent": t.sent}).items()
        )

    def save(self, path: Path) -> None:
        """Keep it beside the instance."""
        path.write_text(json.dumps(asdict(self), ensure_ascii=False))

    @classmethod
    def load(cls, path: Path) -> Scene:
        """What `save` kept."""
        data = json.loads(path.read_text())
        data["things"] = {kind: [Thing(**one) for one in rows] for kind, rows in data["things"].items()}
        return cls(**data)


def build(app: Flask, world: World) -> Scene:
    """Fill the test world. The clock stands at NOW."""
    scene = Scene()
    with app.test_request_context():
        _people(world)
        _offices(scene, world)
        for serial, key in enumerate(UNITS):
            _unit(app, scene, world, key, serial)
        _accounts(scene, world)
    return scene


def _people(world: World) -> None:
    pattern = world.users["clerk"]
    with write_transaction():
        for name, org, display, granted in MORE_PEOPLE:
            user = User.create(
                username=name, display_name=display, organization=world.orgs[org], password_hash=pattern.password_hash,
                password_set_at=NOW, must_change_password=False, created_at=NOW, updated_at=NOW, phone="10000000017",
                public_id=f"user-{name.replace('_', '-')}",
            )  # fmt: skip
            for role in granted:
                RoleGrant.create(user=user, organization=world.orgs[org], role=role, granted_at=NOW)
            world.users[name] = user


def _offices(scene: Scene, world: World) -> None:
    """A round and a notice of each of three offices, a withdrawn and a phrase of a reviewer."""
    scene.add("round", world.round.public_id, "city")
    authors = {"city": "round_admin", "district": "district_round_admin", "other_district": "other_round_admin"}
    for org, author in authors.items():
        actor = world.actor(author)
        if org != "city":
            made = rounds.open_round(
                actor=actor, now=NOW, year=2023, title=f"{world.orgs[org].region_name}往年考评", pack_id="changzhou/2024",
                windows={kind: (NOW - timedelta(days=9), NOW - timedelta(days=5), NOW - timedelta(days=4)) for kind in _KINDS},
            )  # fmt: skip
            scene.add("round", made.public_id, org)
        note = rounds.publish_notice(
            actor=actor, now=NOW, title=f"{world.orgs[org].region_name}公告标题", body="请按时申报。"
        )
        scene.add("notice", note.public_id, org)
    for name in ("district_reviewer", "other_district_reviewer"):
        phrase = phrases.add_phrase(actor=world.actor(name), decision="pass", text=f"{name}的常用意见")
        scene.add("phrase", phrase.public_id, name)


_KINDS = ("level", "technician", "senior_technician")


def _unit(app: Flask, scene: Scene, world: World, key: str, serial: int) -> None:
    org, clerk = world.orgs[key], world.actor(CLERKS[key])
    family, mark, draft_mark, late_mark, phone = UNITS[key]
    names = [family + given for given in _GIVEN]
    workers = [_worker(scene, org, key, name, serial * 10 + index) for index, name in enumerate(names)]
    scene.markers[key] = {
        "unit": [org.name, org.uscc],
        "accounts": [user.display_name for user in world.users.values() if user.organization_id == org.id],
        "people": [*names, *(worker.name for worker in world.workers.values() if worker.unit_id == org.id)],
        "business": [mark, phone],
        "draft": [draft_mark],
        "late": [late_mark],
    }
    level = _add(world, clerk, org, "level", workers[:4])
    for index, (application, passes) in enumerate(zip(level.added, (*_STAGES, None), strict=True)):
        _complete(
            app, clerk, application, mark if passes is not None else draft_mark, draft_mark, full=passes is not None
        )
        if passes is not None:
            _send(clerk, level.case, application, phone)
            for _ in range(passes):
                _pass(world, application)
        _remember(scene, key, application, passes is not None, index)
    technician = _add(world, clerk, org, "technician", workers[4:])
    _complete(app, clerk, technician.added[0], draft_mark, draft_mark, full=False)
    _remember(scene, key, technician.added[0], False, 4)
    for case, sent in ((level.case, True), (technician.case, False)):
        found = Case.get_by_id(case.id)
        scene.add("case", found.public_id, key, sent=sent, number=found.number)
        scene.markers[key]["business" if sent else "late"].append(found.number)
    _late(scene, world, key, technician.case, org)


def _worker(scene: Scene, org: Organization, key: str, name: str, serial: int) -> Any:
    grade = 3 if name.endswith("行") else 5
    number = id_number(700 + serial, date(1979, 3, 1 + serial % 28))
    worker = roster_operations.store_worker(
        unit=org, name=name, id_number=number, education="31", work_start="2000-07", trade_code="公路养护",
        trade_start="2000-07", grade=grade, phone=f"1000001{serial:04d}", hired_at="2000-07", hired_grade=grade, now=NOW,
        public_id=f"worker-{key}-{serial}",
        certificates=[{"trade_name": "公路养护", "trade_code": "公路养护", "grade": grade, "number": f"ZS{serial:06d}",
                       "issued_on": "2010-08-31", "issuer": "云州市工考办"}],
        careers=[{"started": "2000-07", "ended": "", "unit_and_post": f"{org.name}公路养护岗位"}],
        appraisals={year: "合格" for year in range(2015, 2024)},
    )  # fmt: skip
    scene.id_numbers.append(number)
    scene.add("worker", worker.public_id, key)
    return worker


def _add(world: World, clerk: Any, org: Organization, kind: str, workers: list[Any]) -> operations.Added:
    pack = load_pack(world.round.pack_id)
    picks = []
    for worker in workers:
        facts = roster_facts.facts_of(roster.bundles([worker.id])[worker.id])
        options = [o for o in pack.options(facts, year=2024) if o.kind == kind]
        best = next(o for o in options if o.verdict.outcome == "met")
        picks.append(
            operations.Pick(worker.public_id, Choice(best.grade, best.mode, best.flag or "", best.trade_code or ""))
        )
    added = operations.add_applicants(actor=clerk, now=NOW, unit=org, round_=world.round, kind=kind, picks=picks)
    assert not added.refused and len(added.added) == len(workers)
    return added


def _dossier(application: Application) -> dossiers.Dossier:
    rows = queries.applications_of(application.case)
    return dossiers.load_one(next(row for row in rows if row.id == application.id))


def _complete(app: Flask, clerk: Any, application: Application, mark: str, draft_mark: str, *, full: bool) -> None:
    """Form, print and uploads; a draft gets its form and two files. Everybody has one file in the tray and one that was
    replaced: neither is ever submitted."""
    _fill(clerk, application)
    items = [item for item in materials.items_for(_dossier(application)) if item.required]
    items.sort(key=lambda item: item.approval_form)
    for number, item in enumerate(items if full else items[:2]):
        if item.approval_form:
            prints.print_form(actor=clerk, now=NOW, application=_dossier(application).application)
        if number == 0:
            _upload(app, clerk, application, item, draft_mark)
        _upload(app, clerk, application, item, mark)
    services = app.extensions["gk_services"]
    material_operations.drop(
        actor=clerk, now=NOW, dossier=_dossier(application), file_name=f"{draft_mark}散页.pdf",
        stream=io.BytesIO(sheet(f"tray {application.id}")), store=services["store"], inspector=services["inspector"],
        max_bytes=MAX_BYTES,
    )  # fmt: skip


def _upload(app: Flask, clerk: Any, application: Application, item: Any, mark: str) -> None:
    services = app.extensions["gk_services"]
    name = f"{item.number}{item.short_name}{mark}{'.jpg' if item.photo else '.pdf'}"
    made = material_operations.upload(
        actor=clerk, now=NOW, dossier=_dossier(application), slot_key=item.key, file_name=name,
        stream=io.BytesIO(photo() if item.photo else sheet(f"{item.key} {mark} {application.id}")),
        store=services["store"], inspector=services["inspector"], max_bytes=MAX_BYTES,
    )  # fmt: skip
    if made.warnings:
        material_operations.confirm(actor=clerk, now=NOW, dossier=_dossier(application), material=made)


def _fill(clerk: Any, application: Application) -> None:
    dossier = _dossier(application)
    values = {
        "political": "13", "on_post": "yes", "transferred": "no", "appraisal_text": "能独立完成本岗位工作，年度考核均为合格以上。",
        "hired_on": "2000-07", "trade_start": "2000-07", "hired_grade": "5", "phone": "10000000099",
    }  # fmt: skip
    wanted = {problem.field for problem in dossier.errors} | {"appraisal_text"}
    sent = FormInput(values={name: value for name, value in values.items() if name in wanted})
    operations_form.save_form(
        actor=clerk, now=NOW, application=dossier.application, definition=dossier.definition, sent=sent
    )


def sheet(text: str) -> bytes:
    """A one-page PDF with enough text not to look blank."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1)
    for line in range(12):
        canvas.drawString(72, 700 - 20 * line, f"{text} line {line} of an invented sheet for tests")
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def photo() -> bytes:
    """A drawn portrait of nobody, 413 × 579."""
    picture = Image.new("RGB", (413, 579), (255, 255, 255))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((124, 116, 289, 347), fill=(224, 180, 150))
    draw.rectangle((62, 376, 351, 579), fill=(30, 50, 110))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=88)
    return target.getvalue()


def _send(clerk: Any, case: Case, application: Application, phone: str) -> None:
    fresh = queries.get_case(clerk, case.public_id)
    sent = submission.submit(
        actor=clerk, now=NOW, case=fresh, applications=[application], contact=submission.Contact(clerk.name, phone)
    )
    assert [item.state for item in sent] == ["in_review"]


def _waiting(application: Application) -> ReviewTask:
    return ReviewTask.get((ReviewTask.subject_id == application.id) & (ReviewTask.state == "waiting"))


def _pass(world: World, application: Application) -> None:
    task = _waiting(application)
    org = next(key for key, org in world.orgs.items() if org.id == task.organization_id)
    if org in _REVIEWERS:
        review.decide(
            actor=world.actor(_REVIEWERS[org]),
            now=NOW,
            task=task,
            version=task.version,
            decision="pass",
            opinion="同意上报。",
        )


def _remember(scene: Scene, key: str, application: Application, sent: bool, index: int) -> None:
    fresh = Application.get_by_id(application.id)
    scene.add("application", fresh.public_id, key, sent=sent, index=index)
    rows = list(Material.select().where(Material.application == fresh.id).order_by(Material.id))
    submitted = snapshots.files_in(fresh.snapshot)
    for row in rows:
        scene.add(
            "material",
            row.public_id,
            key,
            sent=row.public_id in submitted,
            current=row.is_current,
            slot=row.slot_key,
            index=index,
            photo=row.media_type == "image/jpeg",
        )
    for task in (
        ReviewTask.select(ReviewTask, Organization)
        .join(Organization, on=(ReviewTask.organization == Organization.id))
        .where(ReviewTask.subject_id == fresh.id)
    ):
        org = task.organization.public_id.removeprefix("org-").replace("-", "_")
        scene.add("task", task.public_id, org, unit=key, state=task.state, index=index)


def _late(scene: Scene, world: World, key: str, case: Case, org: Organization) -> None:
    rounds.grant_late_exception(
        actor=world.actor("round_admin"), now=NOW, round_=Round.get_by_id(world.round.id), unit=org, case_id=case.id,
        until=NOW + timedelta(days=10), reason=f"{UNITS[key][3]}期：系统故障导致未能提交。",
    )  # fmt: skip


def _accounts(scene: Scene, world: World) -> None:
    names = {org.id: key for key, org in world.orgs.items()}
    for name, user in world.users.items():
        scene.add("account", user.public_id, names[user.organization_id], user=name)
    for key, org in world.orgs.items():
        scene.add("organization", org.public_id, key)
    for worker in world.workers.values():
        scene.id_numbers.append(worker.id_number)
