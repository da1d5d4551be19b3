"""The office at the root of the tree; everything else is added below it by people."""

from __future__ import annotations

from datetime import datetime

from gkportal import audit
from gkportal.core.actor import Actor
from gkportal.core.db import write_transaction
from gkportal.core.errors import Invalid
from gkportal.core.text import clean_line
from gkportal.orgs.models import LEVELS, Organization


def create_root_office(*, actor: Actor, now: datetime, name: str, level: str, region_name: str) -> Organization:
    """Create the 工考办 that hosts the portal. Raises Invalid when there is one already or the name is empty."""
    name = clean_line(name, 60)
    if not name or level not in LEVELS:
        raise Invalid("请写明工考办名称和级别（district、city 或 province）。")
    with write_transaction():
        if Organization.select().where(Organization.parent.is_null()).exists():
            raise Invalid("已经有工考办了；其他机构请在“机构管理”中添加。")
        root = Organization.create(
            name=name, short_name=name, kind="office", level=level, region_name=region_name or name,
            created_at=now, updated_at=now,
        )  # fmt: skip
        root.path = f"/{root.id}/"
        root.save(only=[Organization.path])
        audit.record(
            actor=actor, now=now, verb="org.root_created", subject=("organization", root.id), detail={"name": name}
        )
    return root
