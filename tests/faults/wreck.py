"""Looking at an instance after a fault: the invariants of security.md §2."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from gkportal.cli import upkeep
from gkportal.declarations import states
from tests.faults import wire

#: What a request may change; sessions and worker counts aside.
TABLES = ("application", "material", "form_print", "case", "review_task", "item_verdict", "audit_event", "job")


def ids(instance: Path) -> dict[str, str]:
    """Public ids by name: applications `gu`, `sang`, `tao`, their `case`, the waiting `task`, two slots."""
    found = {}
    sql = 'SELECT a.public_id, w.public_id AS worker, c.public_id AS filed FROM application a JOIN worker w ON w.id = a.worker_id JOIN "case" c ON c.id = a.case_id'
    for row in wire.rows(instance, sql):
        name = row["worker"].removeprefix("worker-")
        found |= {name: row["public_id"], f"case_{name}": row["filed"]}
    found["case"] = found["case_sang"]
    found["task"] = str(wire.one(instance, "SELECT public_id FROM review_task WHERE state = 'waiting'"))
    slots = wire.rows(instance, "SELECT slot_key, media_type FROM material ORDER BY id")
    found["slot"] = next(row["slot_key"] for row in slots if row["media_type"] == "application/pdf")
    found["photo_slot"] = next(row["slot_key"] for row in slots if row["media_type"] == "image/jpeg")
    return found


def counts(instance: Path) -> dict[str, int]:
    """Rows per table, and the states that count."""
    found = {table: int(wire.one(instance, f'SELECT count(*) FROM "{table}"')) for table in TABLES}
    for row in wire.rows(instance, "SELECT state, count(*) AS n FROM application GROUP BY state"):
        found[f"application {row['state']}"] = row["n"]
    for row in wire.rows(instance, "SELECT state, count(*) AS n FROM review_task GROUP BY state"):
        found[f"task {row['state']}"] = row["n"]
    found["form versions"] = int(wire.one(instance, "SELECT sum(form_version) FROM application"))
    return found


def problems(app: Flask, instance: Path) -> list[str]:
    """Everything that breaks I2, I4 or I5, in words."""
    found = upkeep.find_problems(app)
    return found + stray_files(instance, upkeep.known_files()) + illegal(instance)


def stray_files(instance: Path, known: set[str]) -> list[str]:
    """Files of the store that no row knows, and rows without a file (I2)."""
    there = {path.name for path in (instance / "files").rglob("*") if path.is_file()}
    temp = [f"left over: {path.name}" for path in (instance / "tmp").rglob("*") if path.is_file()]
    return [f"no row for {name}" for name in there - known] + [f"no file for {name}" for name in known - there] + temp


def illegal(instance: Path) -> list[str]:
    """Applications in a state they cannot be in, tasks decided twice, decisions without an audit event (I3, I5)."""
    found = []
    tasks = wire.rows(instance, "SELECT * FROM review_task")
    for row in wire.rows(instance, "SELECT * FROM application"):
        waiting = [t for t in tasks if t["subject_id"] == row["id"] and t["state"] == "waiting"]
        if row["state"] not in states.LABELS:
            found.append(f"application {row['id']} is {row['state']}")
        if len(waiting) != (row["state"] == states.IN_REVIEW):
            found.append(f"application {row['id']} is {row['state']} with {len(waiting)} waiting tasks")
        if row["live"] != (1 if row["state"] in states.LIVE else None):
            found.append(f"application {row['id']} is {row['state']} and live is {row['live']}")
    done = [t for t in tasks if t["state"] == "done"]
    decisions = wire.one(
        instance, "SELECT count(*) FROM audit_event WHERE verb IN ('review.pass','review.return','review.reject')"
    )
    if len(done) != decisions:
        found.append(f"{len(done)} decided tasks, {decisions} audit events of decisions")
    steps = [(t["subject_id"], t["submission"], t["step_index"]) for t in done]
    found += [f"step {step} decided twice" for step in set(steps) if steps.count(step) > 1]
    uploads = wire.one(
        instance, "SELECT count(*) FROM audit_event WHERE verb IN ('material.uploaded','material.replaced')"
    )
    materials = wire.one(instance, "SELECT count(*) FROM material")
    if uploads != materials:
        found.append(f"{materials} materials, {uploads} audit events of uploads")
    return found
