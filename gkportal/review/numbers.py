"""办件编号: 16 digits, the day in China and a running number of that day (S000-96)."""

from __future__ import annotations

from datetime import datetime

from gkportal.core import clock
from gkportal.core.db import in_transaction
from gkportal.review.models import CaseCounter


def next_number(now: datetime) -> str:
    """Take the next number of the day inside the caller's transaction, so that none is lost or given twice."""
    if not in_transaction():
        raise RuntimeError("a case number belongs into the transaction of its case")
    day = f"{clock.local(now):%Y%m%d}"
    taken = (
        CaseCounter.insert(day=day, last=1)
        .on_conflict(conflict_target=[CaseCounter.day], update={CaseCounter.last: CaseCounter.last + 1})
        .returning(CaseCounter.last)
        .tuples()
        .execute()
    )
    running = next(iter(taken))[0]
    return f"{day}{running:08d}"
