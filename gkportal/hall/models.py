"""What a person keeps in the hall."""

from peewee import AutoField, CharField, ForeignKeyField

from gkportal.auth.models import User
from gkportal.core.db import BaseModel


class Favourite(BaseModel):
    """收藏 of a service item."""

    id = AutoField()
    user = ForeignKeyField(User, on_delete="CASCADE")
    item_key = CharField()

    class Meta:
        indexes = ((("user", "item_key"), True),)
