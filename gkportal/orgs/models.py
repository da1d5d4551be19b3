"""The organisation tree."""

from peewee import AutoField, BooleanField, CharField, ForeignKeyField, IntegerField

from gkportal.core.db import BaseModel, InstantField, new_public_id

KINDS = {"office": "工考办", "department": "主管部门", "unit": "用人单位", "training": "培训单位"}
LEVELS = {"district": "区县", "city": "市", "province": "省"}


class Organization(BaseModel):
    """A node of the tree. `path` is `/1/4/9/`: the ids from the root to this node, for subtree queries.

    An office (工考办) of a city is a root; district offices and city departments hang below it; district
    departments hang below the district office; units hang below their 主管部门 (or directly below an office).
    `affiliation` is the 组织类别 that decides routes in some regions (S003-55).
    """

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    name = CharField(index=True)
    short_name = CharField(default="")
    kind = CharField()
    level = CharField()
    affiliation = CharField(default="")
    uscc = CharField(null=True, unique=True)
    parent = ForeignKeyField("self", null=True, backref="children")
    path = CharField(default="", index=True)
    region_name = CharField(default="")
    phone = CharField(default="")
    address = CharField(default="")
    contact_name = CharField(default="")
    active = BooleanField(default=True)
    created_at = InstantField()
    updated_at = InstantField()
    version = IntegerField(default=1)
