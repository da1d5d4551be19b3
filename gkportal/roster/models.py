"""Workers and their subsets. Months are text `YYYY-MM`; days `YYYY-MM-DD`; codes as in policy.dictionaries."""

from peewee import AutoField, BooleanField, CharField, CompositeKey, ForeignKeyField, IntegerField, TextField

from gkportal.core.db import BaseModel, DayField, InstantField, new_public_id
from gkportal.orgs.models import Organization


class Worker(BaseModel):
    """工勤人员. One live record per 公民身份号码 over all units; grade 0 is 未定级 (S000-63)."""

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    unit = ForeignKeyField(Organization, backref="workers")
    name = CharField()
    id_number = CharField(unique=True)
    id_tail = CharField()  # last six characters, for search by tail
    sex = CharField()  # GB/T 2261.1
    birth_date = DayField()
    education = CharField(default="")  # GB/T 4658 code of the highest education
    political = CharField(default="")  # GB/T 4762
    phone = CharField(default="")
    postcode = CharField(default="")
    email = CharField(default="")
    address = CharField(default="")
    archive_office = CharField(default="")  # 档案工考办
    work_start = CharField(default="")  # 参加工作时间, YYYY-MM
    trade_code = CharField(default="")  # 从事工种
    trade_start = CharField(default="")  # 从事本工种时间, YYYY-MM
    grade = IntegerField(default=0)  # highest certificate's grade in the trade: 5 … 1, 0 none
    hired_at = CharField(default="")  # 聘用时间, YYYY-MM
    hired_grade = IntegerField(default=0)  # 聘用等级
    on_post = BooleanField(default=True)  # 是否在岗
    status = CharField(default="active")  # policy.dictionaries.STATUS: active, retired, left, transferred_out …
    establishment = CharField(default="in")  # in 在编, out 编外
    is_veteran = BooleanField(default=False)  # 退役安置人员
    from_other_province = BooleanField(default=False)
    transferred_from = CharField(default="")  # former trade code after 转岗
    military_start = CharField(default="")  # 入伍时间, YYYY-MM (军龄)
    achievements = TextField(default="")  # 业绩说明
    banned_until = CharField(default="")  # no declaration before this day, YYYY-MM-DD
    created_at = InstantField()
    updated_at = InstantField()
    version = IntegerField(default=1)

    class Meta:
        indexes = (
            (("unit", "status", "id"), False),
            (("unit", "name", "id"), False),
            (("name", "id"), False),
            (("id_tail",), False),
            (("trade_code", "id"), False),
            (("grade", "id"), False),
            (("status", "grade", "id"), False),
            (("education", "id"), False),
            (("birth_date",), False),
        )


class WorkerNameKey(BaseModel):
    """Pinyin of a name, for prefix search (S000-19): its initials and its whole spelling, one row per reading.

    曾雨欣 has zyx, cyx, zengyuxin, cengyuxin. `unit_id` repeats the worker's unit for the search inside one unit.
    """

    id = AutoField()
    worker = ForeignKeyField(Worker, backref="name_keys", on_delete="CASCADE", index=False)
    unit_id = IntegerField()
    key = CharField()

    class Meta:
        indexes = (
            (("worker", "key"), True),
            (("key", "worker"), False),
            (("unit_id", "key", "worker"), False),
        )


class WorkerCount(BaseModel):
    """How many workers a unit has in a status, kept by triggers: totals and far pages without counting rows.

    The row of status "" counts everybody in the unit.
    """

    status = CharField()
    unit_id = IntegerField()
    number = IntegerField(default=0)

    class Meta:
        primary_key = CompositeKey("status", "unit_id")
        without_rowid = True


class WorkerCertificate(BaseModel):
    """等级证书: trade name and number exactly as printed on it (S000-36, S004-11)."""

    id = AutoField()
    worker = ForeignKeyField(Worker, backref="certificates", on_delete="CASCADE")
    trade_name = CharField()
    trade_code = CharField(default="")
    grade = IntegerField()
    number = CharField(default="")
    issued_on = CharField(default="")  # YYYY-MM-DD or YYYY-MM
    issuer = CharField(default="")
    route = CharField(default="")  # 取得资格途径: 考试, 评审


class WorkerEducation(BaseModel):
    """学历学位信息."""

    id = AutoField()
    worker = ForeignKeyField(Worker, backref="educations", on_delete="CASCADE")
    education = CharField()
    school = CharField(default="")
    major = CharField(default="")
    graduated_on = CharField(default="")
    certificate_number = CharField(default="")
    related_to_trade = BooleanField(default=False)


class WorkerCareer(BaseModel):
    """工作简历: an open `ended` means 至今."""

    id = AutoField()
    worker = ForeignKeyField(Worker, backref="careers", on_delete="CASCADE")
    started = CharField()
    ended = CharField(default="")
    unit_and_post = CharField()
    trade_name = CharField(default="")


class WorkerInterruption(BaseModel):
    """中断工种(工龄)时段 (S000-78c)."""

    id = AutoField()
    worker = ForeignKeyField(Worker, backref="interruptions", on_delete="CASCADE")
    started = CharField()
    ended = CharField()


class WorkerTraining(BaseModel):
    """继续教育培训."""

    id = AutoField()
    worker = ForeignKeyField(Worker, backref="trainings", on_delete="CASCADE")
    year = IntegerField()
    content = CharField()
    hours = IntegerField(default=0)
    certificate_number = CharField(default="")


class WorkerAppraisal(BaseModel):
    """年度考核 result of one year."""

    id = AutoField()
    worker = ForeignKeyField(Worker, backref="appraisals", on_delete="CASCADE")
    year = IntegerField()
    result = CharField()

    class Meta:
        indexes = ((("worker", "year"), True),)


class WorkerHonour(BaseModel):
    """奖惩信息: kind `award` or `sanction`; level e.g. 区级, 市级, 三等功."""

    id = AutoField()
    worker = ForeignKeyField(Worker, backref="honours", on_delete="CASCADE")
    kind = CharField(default="award")
    happened_on = CharField()
    title = CharField()
    level = CharField(default="")


class ExceptionUse(BaseModel):
    """破格 ledger: a class of conditions counts once in a career (S002-102)."""

    id = AutoField()
    worker = ForeignKeyField(Worker, backref="exception_uses", on_delete="CASCADE")
    exception_class = CharField()
    year = IntegerField()
    source = CharField(default="")
    application_id = IntegerField(null=True)

    class Meta:
        indexes = ((("worker", "exception_class"), True),)
