"""The instance that faults are tried on: the test city, its windows open, applications in three states.

gu    draft, form untouched            (清 unit, clerk)    form saves, prints, uploads
sang  draft, complete                  (unit, clerk)       submit
tao   submitted, waits at the 主管部门   (sibling)           decide
"""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from gkportal import config, create_app
from gkportal.auth.models import User
from gkportal.core import db
from gkportal.orgs.models import Organization
from gkportal.roster.models import Worker
from gkportal.rounds.models import Round, RoundWindow
from tests import world as worlds
from tests.declarations import making


def build(template: Path, target: Path) -> None:
    """Copy the migrated world to `target` and put the applications in."""
    shutil.copytree(template, target)
    app = create_app(config.Settings(instance_dir=target))
    with app.test_request_context():
        db.connect()
        RoundWindow.update(
            opens_at=datetime(2020, 1, 1, tzinfo=UTC), closes_at=datetime(2090, 1, 1, tzinfo=UTC),
            correct_until=datetime(2090, 2, 1, tzinfo=UTC),
        ).execute()  # fmt: skip
        User.update(password_set_at=datetime.now(UTC)).execute()
        _applications(_world())
        db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    for name in ("inspector", "renderer"):
        app.extensions["gk_services"][name].close()
    db.database.close()


def _world() -> worlds.World:
    found = worlds.World(round=Round.get())
    for org in Organization.select():
        found.orgs[org.public_id.removeprefix("org-").replace("-", "_")] = org
    for user in User.select():
        found.users[user.username] = user
    for worker in Worker.select():
        found.workers[worker.public_id.removeprefix("worker-")] = worker
    return found


def _applications(world: worlds.World) -> None:
    now = datetime.now(UTC)
    making.add(world, "gu", grade=4, now=now)
    making.complete(making.add(world, "sang", now=now), world.actor("clerk"), now)
    tao = making.complete(making.add(world, "tao", clerk="sibling_clerk", now=now), world.actor("sibling_clerk"), now)
    making.submit(tao, world.actor("sibling_clerk"), now)


if __name__ == "__main__":
    build(Path(sys.argv[1]), Path(sys.argv[2]))
