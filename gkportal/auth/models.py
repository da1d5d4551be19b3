"""Accounts and what belongs to them."""

from peewee import AutoField, BooleanField, CharField, ForeignKeyField, IntegerField

from gkportal.core.db import BaseModel, DayField, InstantField, JsonField, new_public_id
from gkportal.orgs.models import Organization


class User(BaseModel):
    """One person, one account. `password_history` keeps the last five hashes (等保 8.1.4.1.a).

    There is no "locked" column on purpose: throttling lives in LoginAttempt per account *and* source, so nobody
    can lock somebody else out (ASVS 6.1.1).
    """

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    username = CharField(unique=True)
    display_name = CharField()
    phone = CharField(default="")
    organization = ForeignKeyField(Organization, backref="users")
    password_hash = CharField()
    password_history = JsonField(default=list)
    password_set_at = InstantField()
    must_change_password = BooleanField(default=True)
    initial_expires_at = InstantField(null=True)
    active = BooleanField(default=True)
    last_login_at = InstantField(null=True)
    created_by_id = IntegerField(default=0)
    created_at = InstantField()
    updated_at = InstantField()
    version = IntegerField(default=1)


class RoleGrant(BaseModel):
    """A role held in an organisation, optionally until a day (the day itself included)."""

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    user = ForeignKeyField(User, backref="grants", on_delete="CASCADE")
    organization = ForeignKeyField(Organization)
    role = CharField()
    ends_on = DayField(null=True)
    granted_by_id = IntegerField(default=0)
    granted_at = InstantField()

    class Meta:
        indexes = ((("user", "organization", "role"), True),)


class UserSession(BaseModel):
    """A sign-in. Only the SHA-256 of the cookie's token is stored; `data` holds CSRF token and flashes."""

    id = AutoField()
    public_id = CharField(unique=True, default=new_public_id)
    token_hash = CharField(unique=True)
    user = ForeignKeyField(User, on_delete="CASCADE")
    organization = ForeignKeyField(Organization)
    data = JsonField(default=dict)
    created_at = InstantField()
    seen_at = InstantField(index=True)
    source = CharField(default="")
    agent = CharField(default="")


class LoginAttempt(BaseModel):
    """A sign-in attempt, for throttling per account and per source (never a lock that others can trigger).

    `account_key` is a hash of what was typed as user name: unknown names are counted like known ones, and a
    password typed into the wrong field is not stored.
    """

    id = AutoField()
    account_key = CharField()
    source_key = CharField()
    at = InstantField(index=True)
    succeeded = BooleanField()

    class Meta:
        indexes = ((("account_key", "at"), False), (("source_key", "at"), False))


class Draft(BaseModel):
    """Text typed into a form that is not stored yet, so that nothing is lost when a session ends."""

    id = AutoField()
    user_id = IntegerField()
    form_key = CharField()
    data = JsonField()
    saved_at = InstantField()

    class Meta:
        indexes = ((("user_id", "form_key"), True),)
