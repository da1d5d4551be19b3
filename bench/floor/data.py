"""The floor's database: the same people as in a product database, in a bare table."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bench.floor import app as floor

SHEETS = 64


def build(target: Path, product_database: Path, *, unit_id: int, token: str) -> None:
    """Copy people and units of `product_database`; sign somebody of `unit_id` in with `token`."""
    target.unlink(missing_ok=True)
    floor.database.init(str(target), pragmas=floor.PRAGMAS)
    floor.database.connect()
    try:
        floor.database.create_tables(floor.TABLES, safe=False)
        names = [name for name in floor.Person._meta.columns]
        floor.database.execute_sql("ATTACH DATABASE ? AS product", (str(product_database),))
        with floor.database.atomic("IMMEDIATE"):
            floor.database.execute_sql("INSERT INTO unit (id, name) SELECT id, name FROM product.organization")
            columns = ", ".join(names)
            floor.database.execute_sql(f"INSERT INTO person ({columns}) SELECT {columns} FROM product.worker")
            _sign_in(unit_id, token)
        floor.database.execute_sql("DETACH DATABASE product")
        floor.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        floor.database.close()


def _sign_in(unit_id: int, token: str) -> None:
    account = floor.Account.create(name="穆知秋")
    digest = hashlib.sha256(token.encode()).hexdigest()
    floor.SignIn.create(token_hash=digest, account=account, unit=unit_id, seen_at="2024-04-10T01:30:00Z")
    for _ in range(SHEETS):
        floor.Sheet.create(account=account)


def first_unit(product_database: Path) -> int:
    """The unit whose clerk signs in: the first 用人单位 of the product's database."""
    source = floor.database.__class__(str(product_database))
    source.connect()
    try:
        return source.execute_sql("SELECT min(id) FROM organization WHERE kind = 'unit'").fetchone()[0]
    finally:
        source.close()
