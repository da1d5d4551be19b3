"""A very small feature to review: notes, two steps (department, district office), like a real one but tiny."""

from __future__ import annotations

from datetime import datetime

from peewee import AutoField, CharField, IntegerField

from gkportal.core import clock, db
from gkportal.core.actor import Actor
from gkportal.core.answer import YES, Answer, no
from gkportal.core.db import BaseModel, JsonField
from gkportal.review import handlers, operations, queries
from gkportal.review.models import Case, ReviewTask

STEPS = (("department", "主管部门审核"), ("district", "区级审核"))


class Note(BaseModel):
    """A text that is reviewed."""

    id = AutoField()
    case_id = IntegerField()
    author = CharField()
    text = CharField()
    state = CharField(default="draft")
    unlocked = JsonField(null=True)
    submission = IntegerField(default=0)
    organizations = JsonField(default=list)

    class Meta:
        table_name = "test_note"


class NoteHandler(handlers.SubjectHandler):
    """Reviews notes: a scan, a section, and what follows from a decision."""

    def items(self, task: ReviewTask) -> list[handlers.ReviewItem]:
        """Three items."""
        note = Note.get_by_id(task.subject_id)
        scan = handlers.ReviewFile(
            "scan-1", "原证书.pdf", 2, "/static/img/mark.svg?page={page}", "/static/img/mark.svg"
        )
        return [
            handlers.ReviewItem("form", "表", "审批表", "审批表", "form", files=(scan,)),
            handlers.ReviewItem(
                "material:7", "7", "原证书", "原技术等级岗位证书", requirement="原等级证书扫描件，一个 PDF。", clause="附件 3 第 7 项",
                files=(scan,), compare=(
                    handlers.CompareRow("技术等级", "中级工", "中级工"),
                    handlers.CompareRow("发证日期", "2020年10月20日", "2021年10月20日", True),
                ), changed="换了文件" if note.submission > 1 else "",
            ),
            handlers.ReviewItem("section:career", "历", "简历", "工作简历", "section"),
        ]  # fmt: skip

    def eligibility(self, task: ReviewTask) -> handlers.Eligibility:
        """One met line."""
        line = handlers.EligibilityLine("取得中级工时间", "2021 年以前", "2021 年", "met", None, "2024 年通知第二条")
        return handlers.Eligibility("met", "符合", "取得中级工的时间满足要求。", (line,))

    def changes(self, task: ReviewTask) -> list[handlers.Change]:
        """One after a return."""
        return [handlers.Change("原证书", "旧文件.pdf", "新文件.pdf")] if task.submission > 1 else []

    def decided(self, task: ReviewTask, *, actor: Actor, now: datetime) -> None:
        """Next step, back, or the end."""
        note = Note.get_by_id(task.subject_id)
        if task.decision == "pass" and task.step_index + 1 < len(STEPS):
            note.state = "in_review"
            note.save()
            give(note, task.step_index + 1, now)
        else:
            note.state = {"pass": "approved", "return": "returned", "reject": "rejected"}[task.decision]
            note.unlocked = list(queries.fix_verdicts(task)) or None
            note.save()
            if task.decision == "return" and task.return_to == "previous":
                give(note, task.step_index - 1, now)
        project(note, now)


def project(note: Note, now: datetime) -> None:
    """Tell the case."""
    waiting = ReviewTask.get_or_none(
        (ReviewTask.subject_type == "note") & (ReviewTask.subject_id == note.id) & (ReviewTask.state == "waiting")
    )
    case = Case.get_by_id(note.case_id)
    if waiting:
        state, holder, label = "in_review", waiting.organization_id, f"待{waiting.step_label}"
    elif note.state == "returned":
        state, holder, label = "returned", case.unit_id, "退回修改"
    else:
        state, holder, label = "done", None, "审核已通过" if note.state == "approved" else "审核未通过"
    operations.project_case(case_id=case.id, now=now, state=state, holder_id=holder, holder_label=label, extra="1 人")


class NoteCaseHandler(handlers.CaseHandler):
    """The case around notes."""

    def open_url(self, case: Case) -> str:
        """Where it is edited."""
        return f"/cases/{case.public_id}"

    def edit_answer(self, actor: Actor, case: Case) -> Answer:
        """Only before submission and when returned."""
        return YES if case.state in ("draft", "returned") else no("已提交审核，不能修改。")

    def stages(self, case: Case) -> list[handlers.Stage]:
        """Submission and the two steps."""
        return [handlers.Stage("单位提交", "done", "4月10日"), handlers.Stage("区级审核", "now", "", "青溪区工考办")]

    def summary(self, case: Case) -> list[tuple[str, str]]:
        """One fact."""
        return [("篇数", str(Note.select().where(Note.case_id == case.id).count()))]

    def rows(self, case: Case) -> list[handlers.CasePerson]:
        """The authors."""
        return [
            handlers.CasePerson(note.author, "公路养护", "高级工", "正常申报", note.state, "doing", note.text)
            for note in Note.select().where(Note.case_id == case.id)
        ]


def install() -> None:
    """Table and handlers."""
    db.database.create_tables([Note])
    handlers.register("note", NoteHandler())
    handlers.register_case("note", NoteCaseHandler())


def give(note: Note, step: int, now: datetime, *, interested: tuple[int, ...] = ()) -> ReviewTask:
    """Open the task of a step."""
    case = Case.get_by_id(note.case_id)
    return operations.open_task(
        now=now, case=case, subject=("note", note.id), submission=note.submission, step_index=step,
        step_key=f"{STEPS[step][0]}_review", step_label=STEPS[step][1], organization_id=note.organizations[step],
        unit_id=case.unit_id, person_name=note.author, kind="level", grade=3, mode="normal", trade_code="公路养护",
        interested=interested,
    )  # fmt: skip


def submit(
    world,
    author: str = "桑春生",
    *,
    actor: str = "clerk",
    unit: str = "unit",
    step: int = 0,
    now: datetime | None = None,
) -> ReviewTask:
    """A case with one note, submitted; the waiting task."""
    now = now or clock.now()
    person = world.actor(actor)
    with db.write_transaction():
        case = operations.open_case(
            actor=person,
            now=now,
            kind="note",
            title="记事审核",
            round=world.round,
            pack_id="changzhou/2024",
            unit=world.orgs[unit],
        )
        note = Note.create(case_id=case.id, author=author, text="第一次", submission=1, state="in_review",
                           organizations=[world.orgs["department"].id, world.orgs["district"].id])  # fmt: skip
        operations.record_submission(
            actor=person,
            now=now,
            case=case,
            contact_name="穆知秋",
            contact_phone="10000000016",
            pledge_agreed=True,
            pledge_text_hash="x",
        )
        task = give(note, step, now, interested=(person.user_id,))
        project(note, now)
    return task


def resubmit(note: Note, now: datetime) -> ReviewTask:
    """After a return."""
    with db.write_transaction():
        note.submission += 1
        note.state = "in_review"
        note.save()
        task = give(note, 0, now)
        project(note, now)
    return task
