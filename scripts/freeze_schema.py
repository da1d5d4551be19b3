"""Write migrations/0001_initial.py from the models. Only before the first release: later changes are new files."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from gkportal import models
from gkportal.core import db

HEAD = '''"""The first schema, frozen as SQL (written by scripts/freeze_schema.py before the first release)."""

TABLES = """
{tables}
"""

EXTRAS = """
CREATE VIRTUAL TABLE worker_name_fts USING fts5(name, content='', contentless_delete=1, tokenize='unicode61');
CREATE TRIGGER worker_count_insert AFTER INSERT ON worker BEGIN INSERT INTO worker_count (status, unit_id, number) VALUES (NEW.status, NEW.unit_id, 1), ('', NEW.unit_id, 1) ON CONFLICT (status, unit_id) DO UPDATE SET number = number + 1; END;
CREATE TRIGGER worker_count_delete AFTER DELETE ON worker BEGIN UPDATE worker_count SET number = number - 1 WHERE unit_id = OLD.unit_id AND status IN (OLD.status, ''); END;
CREATE TRIGGER worker_count_update AFTER UPDATE OF unit_id, status ON worker BEGIN UPDATE worker_count SET number = number - 1 WHERE unit_id = OLD.unit_id AND status IN (OLD.status, ''); INSERT INTO worker_count (status, unit_id, number) VALUES (NEW.status, NEW.unit_id, 1), ('', NEW.unit_id, 1) ON CONFLICT (status, unit_id) DO UPDATE SET number = number + 1; END;
CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
"""


def up(migrator, db):
    for statement in (TABLES + EXTRAS).split(";\\n"):
        if statement.strip():
            db.execute_sql(statement.strip())
'''


def main() -> None:
    """Create all tables in memory and write down their SQL."""
    db.bind(":memory:")
    db.connect()
    db.database.create_tables(models.ALL)
    rows = db.database.execute_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
    tables = ";\n".join(row[0] for row in rows) + ";"
    target = Path(__file__).resolve().parent.parent / "migrations" / "0001_initial.py"
    target.write_text(HEAD.format(tables=tables), encoding="utf-8")
    print(f"{target.name}: {tables.count('CREATE TABLE')} tables")


if __name__ == "__main__":
    main()
