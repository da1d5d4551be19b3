"""Rounds and their windows."""

from peewee import AutoField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from gkportal.core.db import BaseModel, InstantField, new_public_id
from gkportal.orgs.models import Organization


class Round(BaseModel):
    """年度批次 of one office. `pack_id` is `<region>/<edition>`; cases copy it, so later changes leave them alone."""

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    office = ForeignKeyField(Organization, backref="rounds")
    year = IntegerField()
    title = CharField()
    pack_id = CharField()
    state = CharField(default="open")  # draft, open, closed
    created_at = InstantField()
    version = IntegerField(default=1)

    class Meta:
        indexes = ((("office", "year", "title"), True),)


class RoundWindow(BaseModel):
    """When one declaration kind may be submitted and corrected. Instants; the closing instant itself is open.

    A request counts by the instant at which it has been received completely (docs/decisions/0005).
    """

    id = AutoField()
    round = ForeignKeyField(Round, backref="windows", on_delete="CASCADE")
    kind = CharField()  # level, technician, senior_technician
    opens_at = InstantField()
    closes_at = InstantField()
    correct_until = InstantField()

    class Meta:
        indexes = ((("round", "kind"), True),)


class LateException(BaseModel):
    """One case may still be submitted or corrected until `until`, for a stated reason (peers.md W13)."""

    id = AutoField()
    round = ForeignKeyField(Round, backref="exceptions")
    unit = ForeignKeyField(Organization)
    case_id = IntegerField(index=True)
    until = InstantField()
    reason = TextField()
    granted_by_id = IntegerField()
    granted_by_name = CharField()
    granted_at = InstantField()


class Notice(BaseModel):
    """通知公告 of an office, shown in the halls of everything below it."""

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    office = ForeignKeyField(Organization)
    title = CharField()
    body = TextField()
    pinned = BooleanField(default=False)
    published_at = InstantField(index=True)
    withdrawn_at = InstantField(null=True)
    author_name = CharField(default="")
