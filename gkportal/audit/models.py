"""The audit table. Triggers (migration 0001) refuse UPDATE and DELETE (ASVS 16.4.2)."""

from peewee import AutoField, CharField, IntegerField

from gkportal.core.db import BaseModel, InstantField, JsonField


class AuditEvent(BaseModel):
    """One thing that happened. `hash` covers all other columns and the previous row's hash."""

    id = AutoField()
    at = InstantField()
    actor_id = IntegerField(index=True)
    actor_name = CharField()
    org_id = IntegerField()
    org_name = CharField()
    verb = CharField(index=True)
    subject_type = CharField()
    subject_id = IntegerField()
    case_id = IntegerField(null=True, index=True)
    worker_id = IntegerField(null=True, index=True)
    detail = JsonField()
    source = CharField(default="")
    previous_hash = CharField()
    hash = CharField()

    class Meta:
        indexes = ((("subject_type", "subject_id"), False),)
