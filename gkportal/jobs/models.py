"""The table of background work."""

from __future__ import annotations

from peewee import CharField, IntegerField

from gkportal.core.db import BaseModel, InstantField, JsonField, new_public_id
from gkportal.jobs import states


class Job(BaseModel):
    """One piece of background work, from being asked for to its result.

    `progress` is percent; `total` the number of things to do (0: unknown). `runner` names the process that works
    on it and `heartbeat_at` when that one last gave a sign of life.
    """

    public_id = CharField(unique=True, default=new_public_id)
    kind = CharField()
    title = CharField()
    state = CharField(default=states.WAITING)
    progress = IntegerField(default=0)
    total = IntegerField(default=0)
    message = CharField(default="")
    result_sha256 = CharField(null=True)
    result_name = CharField(default="")
    owner_user_id = IntegerField()
    organization_id = IntegerField()
    params = JsonField(default=dict)
    attempts = IntegerField(default=0)
    runner = CharField(default="")
    created_at = InstantField()
    started_at = InstantField(null=True)
    heartbeat_at = InstantField(null=True)
    finished_at = InstantField(null=True)

    class Meta:
        indexes = ((("state", "id"), False), (("owner_user_id", "id"), False))

    @property
    def state_label(self) -> str:
        """The state in words."""
        return states.LABELS[self.state]

    @property
    def is_live(self) -> bool:
        """Whether it still waits or runs."""
        return self.state in states.LIVE
