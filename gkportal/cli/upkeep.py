"""init, demo, migrate, check, and the clean-up that the server does at its start and every hour."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import peewee
from flask import Flask

from gkportal import audit, config, create_app
from gkportal.cli import running
from gkportal.core import clock, db, schema
from gkportal.core.actor import system_actor

log = logging.getLogger("gkportal.upkeep")

#: A file without a row may belong to a request under way; this is longer than any request.
_YOUNG_S = 3600


@click.command()
@click.option("--office", default="", help="Name of the 工考办 at the root, e.g. 云州市工考办.")
@click.option("--level", type=click.Choice(["city", "district", "province"]), default="city", show_default=True)
@click.option("--region", default="", help="Name of the region, e.g. 云州市.")
def init(office: str, level: str, region: str) -> None:
    """Create key, folders and database (again: brings the database up to date)."""
    settings = config.from_environment()
    config.make_secret_key(settings)
    settings.files_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    db.bind(settings.database_path)
    applied = list(_migrate(settings))
    click.echo(
        f"database {settings.database_path.name}: {len(applied)} migrations applied"
        if applied
        else "database is up to date"
    )
    if office:
        from gkportal.orgs import root as offices

        root = offices.create_root_office(
            actor=system_actor("命令行"), now=clock.now(), name=office, level=level, region_name=region
        )
        click.echo(f"office created: {root.name}")


@click.command()
@click.option("--if-empty", is_flag=True, help="Do nothing when there is an office already.")
@click.option("--workers", default=400, show_default=True, help="How many synthetic workers.")
def demo(if_empty: bool, workers: int) -> None:
    """Fill an empty database with a synthetic city and print its one-time passwords."""
    from gkportal.cli import demo as demonstration
    from gkportal.orgs.models import Organization

    app = create_app(config.from_environment())
    with app.app_context():
        if Organization.select().exists():
            if if_empty:
                return
            raise RuntimeError("the database is not empty: the demo only fills an empty one")
        accounts = demonstration.fill(app, workers=workers)
    click.echo("Demo accounts (one-time passwords; each is changed at the first login):")
    for account in accounts:
        click.echo(f"  {account.username:<16} {account.password:<16} {account.label}")
    for name in ("inspector", "renderer"):
        app.extensions["gk_services"][name].close()


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this program (keeps a copy of it first)."""
    settings = config.from_environment()
    db.bind(settings.database_path)
    for name in _migrate(settings):
        click.echo(f"applied {name}")
    click.echo("database is up to date")


def _migrate(settings: config.Settings) -> Iterator[str]:
    """Names of the migrations applied. Raises RuntimeError when the server runs or is older than the database."""
    if schema.unknown():
        raise RuntimeError("the database is newer than this program: install the newer version, or restore a backup")
    waiting = schema.pending()
    if not waiting:
        return
    at_work = running.others(settings.instance_dir)
    if at_work:
        raise RuntimeError(f"stop {', '.join(at_work)} first: the database is not changed while it is in use")
    if schema.has_tables():
        click.echo(f"kept a copy: {_keep_copy(settings.instance_dir, waiting[0]).name}")
    yield from schema.migrate()


def _keep_copy(folder: Path, name: str) -> Path:
    """A copy of the database as it is before migration `name`; a half-written one is never left under that name."""
    copy, partial = folder / f"before-{name}.db", folder / f"before-{name}.db.partial"
    partial.unlink(missing_ok=True)
    db.database.execute_sql("VACUUM INTO ?", (str(partial),))
    sync(partial)
    partial.replace(copy)
    return copy


def sync(path: Path) -> None:
    """Make sure that a written file survives a power cut."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@click.command()
def check() -> None:
    """Check database, files and audit chain; exit code 1 when something is wrong."""
    app = create_app(config.from_environment())
    with app.app_context():
        problems = find_problems(app)
    for problem in problems:
        click.echo(problem)
    click.echo("everything is in order" if not problems else f"{len(problems)} problems")
    sys.exit(1 if problems else 0)


def find_problems(app: Flask) -> list[str]:
    """Sentences on what is wrong: integrity, foreign keys, audit chain, missing or damaged files."""
    problems = [*database_problems()]
    store = app.extensions["gk_services"]["store"]
    problems += [
        f"file {sha256}: missing or damaged ({owner})" for sha256, owner in file_owners() if not store.verify(sha256)
    ]
    return problems


def database_problems() -> Iterator[str]:
    """What is wrong inside the database. The chain is not read when the pages are damaged."""
    try:
        lines = [line for (line,) in db.database.execute_sql("PRAGMA integrity_check").fetchall() if line != "ok"]
        lines += [f"foreign key: {row}" for row in db.database.execute_sql("PRAGMA foreign_key_check").fetchall()]
        broken = None if lines else audit.verify_chain()
    except peewee.DatabaseError as error:
        yield f"database: {error}"
        return
    yield from (f"database: {line}" for line in lines)
    if broken is not None:
        yield f"audit chain: event {broken} does not fit"


def file_owners() -> Iterator[tuple[str, str]]:
    """Each stored file once, with where it belongs: case number and person's id, no personal data."""
    from gkportal.declarations.models import Application, FormPrint, Material
    from gkportal.jobs.models import Job
    from gkportal.review.models import Case

    seen: set[str] = set()
    for model, what in ((Material, "material"), (FormPrint, "printed form")):
        columns = [model.sha256, Case.number, Application.public_id]
        columns += [Material.thumbnail_sha256] if model is Material else []
        query = model.select(*columns).join(Application).join(Case).order_by(model.id).tuples()
        for row in query.iterator():
            for sha256 in {row[0], *row[3:]} - seen - {""}:
                seen.add(sha256)
                yield sha256, f"{what} of case {row[1]}, applicant {row[2]}"
    for sha256, public_id in Job.select(Job.result_sha256, Job.public_id).tuples():
        if sha256 and sha256 not in seen:
            yield sha256, f"result of job {public_id}"


def known_files() -> set[str]:
    """Hashes of all files that a row refers to."""
    from gkportal.declarations.models import FormPrint, Material
    from gkportal.jobs.models import Job

    columns = (Material.sha256, Material.thumbnail_sha256, FormPrint.sha256, Job.result_sha256)
    return {value for column in columns for (value,) in column.model.select(column).tuples() if value}


def sweep_files(app: Flask, older_than_s: float = _YOUNG_S) -> int:
    """Remove files that no row refers to and that are older than an hour; returns how many."""
    store = app.extensions["gk_services"]["store"]
    return store.sweep(known_files(), older_than_s=older_than_s).removed


def start_up(app: Flask, *, name: str = "serve") -> int:
    """Clear what a crash left: files without a row, unfinished uploads. Returns how many.

    Alone on the instance, everything that is older than this call goes; beside others (a worker, a backup) only
    what is older than an hour, because it may be theirs.
    """
    instance = app.config["GK"].instance_dir
    moment = time.time()
    alone = not running.others(instance, but=name)
    db.connect()
    removed = sweep_files(app, time.time() - moment if alone else _YOUNG_S)
    return removed + _clear_folder(instance / "tmp", moment if alone else moment - _YOUNG_S)


def _clear_folder(folder: Path, before: float) -> int:
    """Remove what lies in a temp folder and was written before that time."""
    count = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            if path.stat().st_mtime > before:
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            count += 1
        except OSError:
            log.warning("left in the temp folder: %s", path.name)
    return count


class Hourly:
    """A thread that does the small housekeeping of a running server."""

    def __init__(self, app: Flask, *, every_s: float = 3600) -> None:
        self._app, self._every_s = app, every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End at once."""
        self._over.set()
        self._thread.join(5)

    def _loop(self) -> None:
        while not self._over.wait(self._every_s):
            for step in housekeeping(self._app):
                try:
                    with self._app.app_context():
                        db.connect()
                        step()
                except Exception:  # a full disk or a busy database: the next hour tries again
                    log.exception("housekeeping")
        db.database.close()


def housekeeping(app: Flask) -> Iterable:
    """The steps: sessions that are over, old jobs, files without a row, old temp files."""
    from gkportal.auth import sessions
    from gkportal.jobs import operations as jobs

    settings: config.Settings = app.config["GK"]

    def end_sessions() -> None:
        with db.write_transaction():
            sessions.sweep(clock.now(), settings)

    return (
        end_sessions,
        lambda: jobs.forget_finished(now=clock.now()),
        lambda: sweep_files(app),
        lambda: _clear_folder(settings.instance_dir / "tmp", time.time() - 24 * 3600),
    )
