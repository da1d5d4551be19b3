"""Applications, printed forms and materials."""

from peewee import SQL, AutoField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from gkportal.core.db import BaseModel, InstantField, JsonField, new_public_id
from gkportal.orgs.models import Organization
from gkportal.review.models import Case
from gkportal.roster.models import Worker
from gkportal.rounds.models import Round


class Application(BaseModel):
    """申报人员: one worker in a declaration case.

    States (states.py): draft 待提交, in_review 待××审核, returned 退回修改, approved 审核已通过,
    rejected 审核未通过, withdrawn 已撤回 (editable again is a new draft), closed 逾期关闭.
    `live` is 1 while the application counts for "one live application per person and round", else NULL.
    """

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    case = ForeignKeyField(Case, backref="applications")
    round = ForeignKeyField(Round)
    unit = ForeignKeyField(Organization)
    worker = ForeignKeyField(Worker)
    worker_name = CharField()
    kind = CharField()
    grade = IntegerField()
    trade_code = CharField()
    mode = CharField()
    flag = CharField(default="")
    state = CharField(default="draft")
    live = IntegerField(null=True, default=1)
    form = JsonField(default=dict)
    form_version = IntegerField(default=1)
    seen_sections = JsonField(default=list)
    eligibility = JsonField(default=dict)  # verdict at the last evaluation, as shown
    override_reason = TextField(default="")
    override_by_name = CharField(default="")
    snapshot = JsonField(null=True)  # form, worker and materials as submitted, last submission
    previous_snapshot = JsonField(null=True)  # the submission before, for "what changed"
    submission = IntegerField(default=0)
    route = JsonField(default=list)  # [{index, key, label, organization_id, organization_name}]
    step_index = IntegerField(null=True)
    unlocked = JsonField(null=True)  # item keys that a return opened; null = everything
    feedback = TextField(default="")  # 反馈信息
    submitted_at = InstantField(null=True)
    decided_at = InstantField(null=True)
    created_by_id = IntegerField()
    created_at = InstantField()
    updated_at = InstantField()
    version = IntegerField(default=1)

    class Meta:
        indexes = (
            (("worker", "round", "live"), True),
            (("case", "state", "id"), False),
            (("unit", "round", "kind", "state"), False),
        )


class FormPrint(BaseModel):
    """审批表 as printed: version, hash of the data, and the exact PDF (print lock, S000-86)."""

    id = AutoField()
    application = ForeignKeyField(Application, backref="prints", on_delete="CASCADE")
    print_version = IntegerField()
    data_hash = CharField()
    short_hash = CharField()
    data = JsonField()  # what was printed, to say which fields changed since
    sha256 = CharField()
    pages = IntegerField()
    printed_at = InstantField()
    printed_by_name = CharField()

    class Meta:
        indexes = ((("application", "print_version"), True),)


class Material(BaseModel):
    """A file in a numbered slot (`slot_key`), or waiting in the tray (empty key). Replaced versions are kept."""

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    application = ForeignKeyField(Application, backref="materials")
    slot_key = CharField(default="")
    slot_version = IntegerField(default=1)
    is_current = BooleanField(default=True)
    file_name = CharField()
    media_type = CharField()
    sha256 = CharField()
    size = IntegerField()
    pages = IntegerField(default=1)
    width = IntegerField(null=True)
    height = IntegerField(null=True)
    warnings = JsonField(default=list)  # [{code, message, page}]
    confirmed_at = InstantField(null=True)
    confirmed_by_name = CharField(default="")
    thumbnail_sha256 = CharField(default="")
    print_version = IntegerField(null=True)  # the 审批表 version this scan answers to
    uploaded_by_name = CharField(default="")
    uploaded_at = InstantField()
    removed_at = InstantField(null=True)

    class Meta:
        indexes = ((("application", "slot_key", "id"), False), (("sha256",), False))


Material.add_index(
    Material.index(
        Material.application,
        Material.slot_key,
        unique=True,
        where=SQL("is_current = 1 AND slot_key != ''"),
        name="one_current_material",
    )
)
