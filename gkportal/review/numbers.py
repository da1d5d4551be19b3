"""办件编号: 16 digits, the day in China and a running number of that day (S000-96)."""

from __future__ import annotations

from datetime import datetime

from gkportal.core import clock
from gkportal.core.db import database, in_transaction
from gkportal.review.models import CaseCounter

_NEXT = (
    f'INSERT INTO "{CaseCounter._meta.table_name}" (day, last) VALUES (?, 1) '
    "ON CONFLICT (day) DO UPDATE SET last = last + 1 RETURNING last"
)


def next_number(now: datetime) -> str:
    """Take the next number of the day inside the caller's transaction, so that none is lost or given twice."""
    if not in_transaction():
        raise RuntimeError("a case number belongs into the transaction of its case")
    day = f"{clock.local(now):%Y%m%d}"
    running = database.execute_sql(_NEXT, (day,)).fetchone()[0]
    return f"{day}{running:08d}"
