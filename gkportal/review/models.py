"""Cases, review tasks, verdicts per item."""

from peewee import SQL, AutoField, BooleanField, CharField, Check, ForeignKeyField, IntegerField, TextField

from gkportal.core.db import BaseModel, InstantField, JsonField, new_public_id
from gkportal.orgs.models import Organization
from gkportal.rounds.models import Round


class CaseCounter(BaseModel):
    """The last running number of a day, for 办件编号."""

    day = CharField(primary_key=True)  # YYYYMMDD
    last = IntegerField()


class Case(BaseModel):
    """办件. `number` has 16 digits and starts with the date (S000-96). `state` is the projection of its parts:
    draft, in_review, returned, done, withdrawn, closed."""

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    number = CharField(unique=True)
    kind = CharField()  # declaration:level, declaration:technician, …
    title = CharField()
    round = ForeignKeyField(Round, null=True)
    pack_id = CharField(default="")
    unit = ForeignKeyField(Organization, backref="cases")
    state = CharField(default="draft")
    holder = ForeignKeyField(Organization, null=True)  # who has to act now; null = finished
    holder_label = CharField(default="")  # e.g. 待区级审核
    held_since = InstantField(null=True)
    extra = CharField(default="")  # 扩展信息
    contact_name = CharField(default="")
    contact_phone = CharField(default="")
    pledge_agreed = BooleanField(null=True)
    pledge_text_hash = CharField(default="")
    pledge_by_name = CharField(default="")
    pledge_at = InstantField(null=True)
    submitted_at = InstantField(null=True)
    created_by_id = IntegerField()
    created_by_name = CharField(default="")
    created_at = InstantField()
    updated_at = InstantField()
    version = IntegerField(default=1)

    class Meta:
        indexes = (
            (("unit", "state", "id"), False),
            (("unit", "kind", "id"), False),
            (("holder", "state", "id"), False),
            (("round", "kind", "state"), False),
        )


class ReviewTask(BaseModel):
    """待办: one step of a route for one subject, given to one organisation, decided once.

    `subject_type`/`subject_id` point to the feature's row (application, …); the copied columns let the inbox
    list, filter and sort without knowing the feature.
    """

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    case = ForeignKeyField(Case, backref="tasks")
    subject_type = CharField()
    subject_id = IntegerField()
    submission = IntegerField(default=1)  # 1 = first submission, 2 = after the first return …
    step_index = IntegerField()
    step_key = CharField()
    step_label = CharField()
    organization = ForeignKeyField(Organization)
    unit = ForeignKeyField(Organization)
    person_name = CharField()
    person_initials = CharField(default="")  # pinyin keys of all readings, each after a space
    kind = CharField()
    grade = IntegerField(default=0)
    mode = CharField(default="")
    trade_code = CharField(default="")
    state = CharField(default="waiting")  # waiting, done, cancelled
    decision = CharField(null=True)  # pass, return, reject
    return_to = CharField(default="")  # unit, previous
    opinion = TextField(default="")
    arrived_at = InstantField()
    decided_at = InstantField(null=True)
    decided_by_id = IntegerField(null=True)
    decided_by_name = CharField(default="")
    interested = JsonField(default=list)  # user ids that must not decide (submitted it themselves)
    marked_by_id = IntegerField(null=True)  # who touched the verdicts last
    marked_by_name = CharField(default="")
    marked_at = InstantField(null=True)
    version = IntegerField(default=1)  # grows when another reviewer starts marking, and with the decision

    class Meta:
        constraints = [Check("(state = 'done') = (decision IS NOT NULL AND decided_at IS NOT NULL)")]
        indexes = (
            (("organization", "state", "arrived_at", "id"), False),
            (("organization", "state", "decided_at", "id"), False),
            (("subject_type", "subject_id", "id"), False),
            (("case", "id"), False),
        )


ReviewTask.add_index(
    ReviewTask.index(
        ReviewTask.subject_type,
        ReviewTask.subject_id,
        unique=True,
        where=SQL("state = 'waiting'"),
        name="one_waiting_task",
    )
)


class ItemVerdict(BaseModel):
    """A reviewer's verdict on one material or form section: ok 通过, fix 需修改, na 不适用; remark required for fix."""

    id = AutoField()
    task = ForeignKeyField(ReviewTask, backref="verdicts", on_delete="CASCADE")
    item_key = CharField()  # material:<slot key> or section:<section key>
    verdict = CharField()
    remark = TextField(default="")
    at = InstantField()
    by_id = IntegerField()
    by_name = CharField(default="")

    class Meta:
        indexes = ((("task", "item_key"), True),)


class OpinionPhrase(BaseModel):
    """常用意见 of one reviewer, beside those of the pack."""

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    user_id = IntegerField(index=True)
    decision = CharField()  # pass, return, reject, fix
    text = CharField()
