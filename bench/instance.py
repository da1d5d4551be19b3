"""Makes an instance folder of the product, in a process of its own: `python -m bench.instance FOLDER WORKERS [cases]`.

With `open` instead of a number it signs the bench's people in and prints what the measures need, as JSON.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

from itsdangerous import URLSafeTimedSerializer

from gkportal import config
from gkportal.auth.models import User, UserSession
from gkportal.auth.sessions import page_mark, token_hash
from gkportal.core import clock, db, schema
from gkportal.storage import FileStore


def make(folder: Path, workers: int, *, cases: bool) -> None:
    """A migrated database with the city; `cases` adds declarations, a full review queue and the rush."""
    from bench import city

    settings = config.Settings(instance_dir=folder)
    config.make_secret_key(settings)
    settings.files_dir.mkdir(parents=True, exist_ok=True)
    db.bind(settings.database_path)
    # Only while building: the run itself works with the product's own settings.
    schema.migrate()
    db.database.execute_sql("PRAGMA synchronous=off")
    db.database.execute_sql("PRAGMA cache_size=-400000")
    now = clock.now()
    city.build(workers, now)
    notes: dict[str, Any] = {"workers": workers}
    if cases:
        from bench import cases as declared

        notes |= declared.build(FileStore(settings.files_dir))
    (folder / "bench.json").write_text(json.dumps(notes, ensure_ascii=False))
    db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def sign_in(folder: Path) -> dict[str, Any]:
    """A session for everybody: {username: {cookie, csrf}} and the notes of the build."""
    settings = config.Settings(instance_dir=folder)
    db.bind(settings.database_path)
    db.connect()
    key, now = config.secret_key(settings), clock.now()
    people = {}
    users = [(user.username, user) for user in User.select()]
    # Further browsers of the city's reviewer: each keeps its own searches.
    users += [(f"city{number}", user) for name, user in users if name == "city" for number in range(1, 31)]
    with db.write_transaction():
        for username, user in users:
            token = secrets.token_urlsafe(32)
            mark = page_mark(user.public_id, user.organization.public_id)
            UserSession.create(
                token_hash=token_hash(token), user=user, organization=user.organization_id, created_at=now, seen_at=now,
                data={"_user_id": user.public_id, "_fresh": True, "csrf_token": mark},
            )  # fmt: skip
            csrf = URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(mark)
            people[username] = {"cookie": f"gk_session={token}", "csrf": csrf, "unit_id": user.organization_id}
    notes = json.loads((folder / "bench.json").read_text()) | {"sample": _sample()}
    return {"people": people, "notes": notes, "database": str(settings.database_path)}


def _sample() -> dict[str, str]:
    """Values that the searches ask for."""
    rows = db.database.execute_sql
    total, active = (
        rows(f"SELECT count(*) FROM worker {where}").fetchone()[0] for where in ("", "WHERE status = 'active'")
    )
    number, trade = rows("SELECT id_number, trade_code FROM worker WHERE id = ?", (max(1, total // 2),)).fetchone()
    office = rows("SELECT public_id FROM organization WHERE kind = 'office' ORDER BY id LIMIT 1 OFFSET 3").fetchone()[0]
    return {
        "number": number, "tail": number[-6:], "trade": trade, "office": office,
        "far": str(int(total * 0.9 / 20)), "far_active": str(int(active * 0.9 / 20)),
    }  # fmt: skip


def main() -> None:
    """Make or open."""
    os.umask(0o077)
    folder = Path(sys.argv[1])
    if sys.argv[2] == "open":
        json.dump(sign_in(folder), sys.stdout)
    else:
        make(folder, int(sys.argv[2]), cases="cases" in sys.argv[3:])


if __name__ == "__main__":
    main()
