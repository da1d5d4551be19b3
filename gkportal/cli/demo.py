"""The demo: a synthetic city with people, and cases in every state, made through the same operations as real work."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from gkportal.cli import demo_city, demo_files
from gkportal.cli.demo_city import City, DemoAccount
from gkportal.core import clock
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
from gkportal.orgs.models import Organization
from gkportal.policy import load_pack
from gkportal.review import operations as review
from gkportal.review.models import Case, ReviewTask
from gkportal.roster import facts as roster_facts
from gkportal.roster import queries as roster
from gkportal.roster import synthetic
from gkportal.roster.models import Worker

#: What becomes of the first people of each unit: (unit, kind, story). Stories are steps of `_tell`.
_STORIES = (
    ("qingxi-road", "level", ("draft", "ready", "ready", "stale", "submitted", "district", "returned", "approved")),
    ("qingxi-lock", "level", ("submitted", "submitted", "district", "rejected")),
    ("qingxi-water", "level", ("district", "district", "resubmitted")),
    ("baishi-school", "level", ("city", "city", "withdrawn", "submitted")),
    ("baishi-clinic", "level", ("approved", "city", "draft")),
    ("city-road", "level", ("submitted", "city", "approved", "draft")),
    ("city-college", "technician", ("submitted", "draft")),
    ("city-port", "senior_technician", ("draft",)),
)
_PASSES = {"district": 1, "city": 2, "approved": 3}


@dataclass
class _Scene:
    app: Flask
    city: City
    now: datetime

    def service(self, name: str) -> Any:
        return self.app.extensions["gk_services"][name]


def fill(app: Flask, *, workers: int) -> list[DemoAccount]:
    """Fill an empty database; returns the accounts with their one-time passwords."""
    now = clock.now()
    city = demo_city.build(now)
    people = list(synthetic.make_people(workers, year=city.round.year, pack=load_pack(demo_city.PACK)))
    large = [city.orgs[key].id for key in ("qingxi-road", "city-college", "city-port")]
    synthetic.bulk_store(people, [unit.id for unit in city.units] + large * 3, now=now)
    scene = _Scene(app, city, now)
    with app.test_request_context():
        for key, kind, stories in _STORIES:
            _unit(scene, key, kind, stories)
    return city.accounts


def _unit(scene: _Scene, key: str, kind: str, stories: tuple[str, ...]) -> None:
    unit = scene.city.orgs[key]
    clerk = scene.city.actor(f"{key.replace('-', '.')}.clerk")
    picks = _eligible(scene, unit, kind, len(stories))
    if not picks:
        return
    began = scene.now - timedelta(days=20)
    added = operations.add_applicants(
        actor=clerk, now=began, unit=unit, round_=scene.city.round, kind=kind, picks=picks
    )
    case = queries.get_case(clerk, added.case.public_id)
    for index, (application, story) in enumerate(zip(added.added, stories, strict=False)):
        _tell(scene, clerk, case, application, story, began + timedelta(hours=index * 3))


def _eligible(scene: _Scene, unit: Organization, kind: str, count: int) -> list[operations.Pick]:
    """People who may apply, best options first; 破格 and 待确认 ones are left for users to try."""
    pack = load_pack(demo_city.PACK)
    ids = [row.id for row in Worker.select(Worker.id).where((Worker.unit == unit.id) & (Worker.status == "active"))]
    picks = []
    for bundle in roster.bundles(ids).values():
        facts = roster_facts.facts_of(bundle)
        options = [o for o in pack.options(facts, year=scene.city.round.year) if o.kind == kind]
        best = next((o for o in options if o.verdict.outcome == "met"), None)
        if best is None:
            best = next((o for o in options if o.verdict.outcome == "unknown"), None)
        if best is not None and len(picks) < count:
            choice = eligibility.Choice(best.grade, best.mode, best.flag or "", best.trade_code or "")
            picks.append(operations.Pick(bundle.worker.public_id, choice))
    return picks


def _tell(scene: _Scene, clerk, case: Case, application: Application, story: str, at: datetime) -> None:
    if story == "draft":
        return
    with clock.freeze(at):
        _complete(scene, clerk, application, at)
    if story == "stale":
        _change_appraisal(clerk, application, at + timedelta(hours=1))
    if story in ("ready", "stale"):
        return
    _submit(clerk, case, application, at + timedelta(days=2))
    if story == "withdrawn":
        submission.withdraw(
            actor=clerk,
            now=at + timedelta(days=2, hours=2),
            case=case,
            application=Application.get_by_id(application.id),
        )
    elif story in ("returned", "resubmitted", "rejected"):
        _refuse(scene, clerk, case, application, story, at + timedelta(days=4))
    else:
        _pass(scene, application, _PASSES.get(story, 0), at + timedelta(days=3))


def _complete(scene: _Scene, clerk, application: Application, at: datetime) -> None:
    """Fill the form, print it, upload every required material."""
    dossier = _dossier(application)
    _fill_form(clerk, dossier, at)
    for approval in (False, True):
        dossier = _dossier(application)
        if approval:
            prints.print_form(actor=clerk, now=at, application=dossier.application)
        for item in materials.items_for(dossier):
            if item.required and item.approval_form == approval:
                _upload(scene, clerk, dossier, item, at)


def _dossier(application: Application) -> dossiers.Dossier:
    rows = queries.applications_of(application.case)
    return dossiers.load_one(next(row for row in rows if row.id == application.id))


def _fill_form(clerk, dossier: dossiers.Dossier, at: datetime) -> None:
    """Give what the roster does not know; each value fits what the form asks for."""
    appraisal = "该同志爱岗敬业，技术熟练，能独立完成本岗位工作，近年考核均为合格以上。"
    worker = dossier.bundle.worker
    values = {
        "political": "13", "on_post": "yes", "transferred": "no", "appraisal_text": appraisal,
        "hired_on": worker.work_start, "trade_start": worker.work_start, "hired_grade": str(worker.grade or 5),
        "phone": "10000000099",
    }  # fmt: skip
    wanted = {problem.field for problem in dossier.errors}
    sent = FormInput(values={key: value for key, value in values.items() if key in wanted or key == "appraisal_text"})
    operations_form.save_form(
        actor=clerk, now=at, application=dossier.application, definition=dossier.definition, sent=sent
    )


def _upload(scene: _Scene, clerk, dossier: dossiers.Dossier, item, at: datetime) -> None:
    application = dossier.application
    pack = dossier.pack
    lines = [
        f"姓名：{application.worker_name}", f"单位：{dossier.unit.name}",
        f"工种：{pack.trade_name(application.trade_code)}", f"申报：{pack.grade_label(application.grade)}",
    ]  # fmt: skip
    data = (
        demo_files.photo(application.id)
        if item.photo
        else demo_files.scan(item.title, lines, pages=1 + item.number % 2)
    )
    made = material_operations.upload(
        actor=clerk, now=at, dossier=dossier, slot_key=item.key, file_name=item.file_name, stream=io.BytesIO(data),
        store=scene.service("store"), inspector=scene.service("inspector"), max_bytes=20 * 1024 * 1024,
    )  # fmt: skip
    if made.warnings:
        material_operations.confirm(actor=clerk, now=at, dossier=dossier, material=made)


def _change_appraisal(clerk, application: Application, at: datetime) -> None:
    dossier = _dossier(application)
    sent = FormInput(values={"appraisal_text": "该同志工作认真负责，积极主动，能带教新人。"})
    operations_form.save_form(
        actor=clerk, now=at, application=dossier.application, definition=dossier.definition, sent=sent
    )


def _submit(clerk, case: Case, application: Application, at: datetime) -> None:
    contact = submission.Contact(clerk.name, "10000000016")
    submission.submit(actor=clerk, now=at, case=case, applications=[application], contact=contact)


def _waiting(application: Application) -> ReviewTask:
    return ReviewTask.get(
        (ReviewTask.subject_type == submission.SUBJECT)
        & (ReviewTask.subject_id == application.id)
        & (ReviewTask.state == "waiting")
    )


def _reviewer(scene: _Scene, task: ReviewTask):
    key = next(key for key, org in scene.city.orgs.items() if org.id == task.organization_id)
    return scene.city.actor(f"{key.replace('-', '.')}.reviewer")


def _decide(scene: _Scene, application: Application, decision: str, opinion: str, at: datetime, fix: str = "") -> None:
    task = _waiting(application)
    actor = _reviewer(scene, task)
    if fix:
        review.set_item_verdict(actor=actor, now=at, task=task, item_key=fix, verdict="fix", remark=opinion)
        task = ReviewTask.get_by_id(task.id)
    review.decide(
        actor=actor, now=at, task=task, version=task.version, decision=decision, opinion="" if fix else opinion
    )


def _pass(scene: _Scene, application: Application, times: int, at: datetime) -> None:
    """Pass up to the district or the city, or all the way."""
    opinions = ("材料齐全，同意上报。", "经审核符合条件，同意上报。", "审核通过。")
    for index in range(times):
        if not _has_waiting(application):
            return
        if times < 3 and _waiting(application).step_key == {1: "district_review", 2: "city_review"}[times]:
            return
        _decide(scene, application, "pass", opinions[index], at + timedelta(days=index * 2))


def _has_waiting(application: Application) -> bool:
    return (
        ReviewTask.select().where((ReviewTask.subject_id == application.id) & (ReviewTask.state == "waiting")).exists()
    )


def _refuse(scene: _Scene, clerk, case: Case, application: Application, story: str, at: datetime) -> None:
    if story == "rejected":
        _decide(scene, application, "reject", "申报工种与现岗位不一致，不符合本年度申报条件。", at)
        return
    _decide(scene, application, "return", "缺上一年度的考核表，请补齐后一并上传。", at, fix="material:appraisals")
    if story == "resubmitted":
        dossier = _dossier(application)
        item = next(i for i in materials.items_for(dossier) if i.key == "appraisals")
        later = at + timedelta(days=2)
        with clock.freeze(later):
            _upload(scene, clerk, dossier, item, later)
        _submit(clerk, case, application, later + timedelta(hours=1))
