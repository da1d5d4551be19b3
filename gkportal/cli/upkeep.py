"""init, demo, migrate, check, backup, restore."""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

import click
from flask import Flask

from gkportal import audit, config, create_app
from gkportal.core import clock, db, schema
from gkportal.core.actor import system_actor


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
    applied = schema.migrate()
    click.echo(f"database {settings.database_path.name}: {len(applied)} migrations applied" if applied else "database is up to date")
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
    if schema.unknown():
        raise RuntimeError("the database is newer than this program")
    waiting = schema.pending()
    if waiting and settings.database_path.exists():
        copy = settings.instance_dir / f"before-{waiting[0]}.db"
        copy.unlink(missing_ok=True)
        db.database.execute_sql("VACUUM INTO ?", (str(copy),))
        click.echo(f"kept a copy: {copy.name}")
    for name in schema.migrate():
        click.echo(f"applied {name}")
    click.echo("database is up to date")


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
    from gkportal.declarations.models import FormPrint, Material

    problems = []
    for (line,) in db.database.execute_sql("PRAGMA integrity_check").fetchall():
        if line != "ok":
            problems.append(f"database: {line}")
    problems += [f"foreign key: {row}" for row in db.database.execute_sql("PRAGMA foreign_key_check").fetchall()]
    broken = audit.verify_chain()
    if broken is not None:
        problems.append(f"audit chain: event {broken} does not fit")
    store = app.extensions["gk_services"]["store"]
    for model in (Material, FormPrint):
        for (sha256,) in model.select(model.sha256).distinct().tuples():
            if not store.verify(sha256):
                problems.append(f"file {sha256[:12]} ({model._meta.table_name}): missing or damaged")
    return problems


def known_files() -> set[str]:
    """Hashes of all files that a row refers to."""
    from gkportal.declarations.models import FormPrint, Material
    from gkportal.jobs.models import Job

    columns = (Material.sha256, Material.thumbnail_sha256, FormPrint.sha256, Job.result_sha256)
    return {value for column in columns for (value,) in column.model.select(column).tuples() if value}


def sweep_files(app: Flask) -> int:
    """Remove files that no row refers to and that are older than an hour; returns how many."""
    store = app.extensions["gk_services"]["store"]
    return store.sweep(known_files(), older_than_s=3600).removed


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Write database, files and key into one .tar.gz, then verify it by reading it back."""
    settings = config.from_environment()
    db.bind(settings.database_path)
    db.connect()
    partial = target.with_name(target.name + ".partial")
    with tempfile.TemporaryDirectory(dir=settings.instance_dir) as folder:
        copy = Path(folder) / "gkportal.db"
        db.database.execute_sql("VACUUM INTO ?", (str(copy),))
        with tarfile.open(partial, "w:gz") as archive:
            archive.add(copy, "gkportal.db")
            archive.add(settings.instance_dir / "secret.key", "secret.key")
            archive.add(settings.files_dir, "files")
    with tarfile.open(partial) as archive:
        names = sum(1 for member in archive if member.isfile())
    partial.replace(target)
    click.echo(json.dumps({"backup": target.name, "files": names}))


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
def restore(source: Path) -> None:
    """Unpack a backup into an empty instance folder and check it."""
    settings = config.from_environment()
    folder = settings.instance_dir
    if folder.exists() and any(folder.iterdir()):
        raise RuntimeError(f"{folder} is not empty: move it away first")
    part = folder.with_name(folder.name + ".restoring")
    shutil.rmtree(part, ignore_errors=True)
    with tarfile.open(source) as archive:
        archive.extractall(part, filter="data")
    if folder.exists():
        folder.rmdir()
    part.replace(folder)
    click.echo("restored; run `python app.py check`, then `python app.py serve`")
