"""Storing workers with their subsets and search keys, and showing a full 公民身份号码 on request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gkportal import audit
from gkportal.core import clock, db
from gkportal.core.actor import Actor
from gkportal.core.errors import Conflict
from gkportal.core.identity import read_id_number
from gkportal.core.text import clean_id_number, clean_name
from gkportal.orgs.models import Organization
from gkportal.policy.dictionaries import APPRAISAL
from gkportal.roster import queries
from gkportal.roster.catalogue import catalogue, resolve_trade
from gkportal.roster.models import (
    Worker,
    WorkerAppraisal,
    WorkerCareer,
    WorkerCertificate,
    WorkerEducation,
    WorkerHonour,
    WorkerInterruption,
    WorkerNameKey,
    WorkerTraining,
)
from gkportal.roster.names import fts_text, name_keys

Rows = Iterable[Mapping[str, Any]]


def store_worker(
    *,
    unit: Organization,
    name: str,
    id_number: str,
    now: datetime,
    public_id: str | None = None,
    certificates: Rows = (),
    careers: Rows = (),
    educations: Rows = (),
    appraisals: Mapping[int, str] | None = None,
    honours: Rows = (),
    trainings: Rows = (),
    interruptions: Rows = (),
    **columns: Any,
) -> Worker:
    """Write one new worker with subsets and search keys; joins the caller's transaction, records no event.

    Sex, birth date and ID tail come from the number; trades may be given by code, name or old name. Raises
    ValueError with the Chinese reason for a bad number, Conflict when the number is in the roster already.
    """
    number = clean_id_number(id_number)
    identity = read_id_number(number, clock.local(now).date())
    pack = catalogue()
    columns["trade_code"] = resolve_trade(columns.get("trade_code", ""), pack)
    if public_id is not None:
        columns["public_id"] = public_id
    with db.write_transaction():
        if Worker.select(Worker.id).where(Worker.id_number == number).exists():
            raise Conflict("这个公民身份号码已经在人员名册中，一个号码只能登记一人，请先查询核对。")
        worker = Worker.create(
            unit=unit, name=clean_name(name), id_number=number, id_tail=number[-6:], sex=identity.sex,
            birth_date=identity.birth_date, created_at=now, updated_at=now, **columns,
        )  # fmt: skip
        index_name(worker.id, unit.id, worker.name)
        resolved = [{**row, "trade_code": _row_trade(row, pack)} for row in certificates]
        _subset(WorkerCertificate, worker, resolved)
        _subset(WorkerCareer, worker, careers)
        _subset(WorkerEducation, worker, educations)
        _subset(WorkerHonour, worker, honours)
        _subset(WorkerTraining, worker, trainings)
        _subset(WorkerInterruption, worker, interruptions)
        _subset(WorkerAppraisal, worker, appraisal_rows(appraisals or {}))
    return worker


def _row_trade(row: Mapping[str, Any], pack: Any) -> str:
    return resolve_trade(row.get("trade_code") or row.get("trade_name", ""), pack)


def appraisal_rows(appraisals: Mapping[int, str]) -> list[dict[str, Any]]:
    """Rows with codes of the 年度考核 dictionary; a result that is not in it stays as written."""
    return [{"year": year, "result": APPRAISAL.code(result) or result} for year, result in appraisals.items()]


def _subset(model: type[db.BaseModel], worker: Worker, rows: Rows) -> None:
    for row in rows:
        model.create(worker=worker, **row)


def index_name(worker_id: int, unit_id: int, name: str) -> None:
    """Replace the search keys of a worker (new, renamed or moved to another unit). Inside a transaction."""
    WorkerNameKey.delete().where(WorkerNameKey.worker == worker_id).execute()
    rows = [(worker_id, unit_id, key) for key in name_keys(name)]
    if rows:
        WorkerNameKey.insert_many(rows, [WorkerNameKey.worker, WorkerNameKey.unit_id, WorkerNameKey.key]).execute()
    db.database.execute_sql("DELETE FROM worker_name_fts WHERE rowid = ?", (worker_id,))
    db.database.execute_sql("INSERT INTO worker_name_fts (rowid, name) VALUES (?, ?)", (worker_id, fts_text(name)))


def reveal_id_number(*, actor: Actor, now: datetime, public_id: str) -> Worker:
    """The worker whose full number the actor asked to see; who looked is recorded. Raises NotFound."""
    with db.write_transaction():
        worker = queries.get_visible(actor, public_id)
        audit.record(
            actor=actor, now=now, verb="worker.id_revealed", subject=("worker", worker.id), worker_id=worker.id,
            detail={"field": "公民身份号码"},
        )  # fmt: skip
    return worker
