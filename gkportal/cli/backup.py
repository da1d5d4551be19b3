"""backup and restore: one .tar.gz with the database, the files it refers to, the key, and a list of hashes.

The database is copied first and the files after it: a file is on disk before its row and is not removed while the
server runs, so every row of the copy finds its file (R24). Nothing counts until it has been read back.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import IO, Any

import click
from peewee import sqlite3

from gkportal import __version__, config
from gkportal.cli import running
from gkportal.cli.upkeep import sync
from gkportal.core import clock, db

MANIFEST = "manifest.json"
DATABASE = "gkportal.db"
KEY = "secret.key"
_STORE = "files/"
#: Columns that name stored files, with their tables.
FILE_COLUMNS = (
    ("material", "sha256"), ("material", "thumbnail_sha256"), ("form_print", "sha256"), ("job", "result_sha256"),
)  # fmt: skip


class BadBackup(RuntimeError):
    """The archive is not a whole backup of gkportal."""


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Write database, files and key into one .tar.gz, then verify it by reading it back. The server may run."""
    settings = config.from_environment()
    config.secret_key(settings)
    if not settings.database_path.exists():
        raise RuntimeError(f"no database at {settings.database_path}: nothing to back up")
    partial = target.with_name(target.name + ".partial")
    name = f"backup-{os.getpid()}"
    try:
        with running.mark(settings.instance_dir, name):
            manifest = _write(settings, partial)
            _read_back(partial, manifest)
        sync(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    size = target.stat().st_size
    click.echo(json.dumps({"backup": target.name, "files": len(manifest["files"]), "bytes": size, **manifest["rows"]}))


def _write(settings: config.Settings, partial: Path) -> dict[str, Any]:
    work = settings.instance_dir / "tmp"
    work.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="backup-", dir=work) as folder:
        copy = Path(folder) / DATABASE
        db.bind(settings.database_path)
        db.connect()
        db.database.execute_sql("VACUUM INTO ?", (str(copy),))
        db.database.close()
        _demand_sound(copy)
        manifest = _describe(settings, copy)
        partial.unlink(missing_ok=True)  # of a backup that was killed
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(descriptor, "wb") as stream,
            tarfile.open(fileobj=stream, mode="w:gz", compresslevel=1) as archive,
        ):
            _add_bytes(archive, MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode())
            _add_bytes(archive, KEY, config.secret_key(settings).encode())
            archive.add(copy, DATABASE)
            for name in manifest["files"]:
                if name.startswith(_STORE):
                    _add_file(archive, settings.files_dir, name)
    return manifest


def _describe(settings: config.Settings, copy: Path) -> dict[str, Any]:
    """The manifest: when, by which program, row counts, and the SHA-256 of every member."""
    files = {DATABASE: _hash_file(copy), KEY: _hash(config.secret_key(settings).encode())}
    files |= {f"{_STORE}{sha[:2]}/{sha[2:4]}/{sha}": sha for sha in _files_of(copy)}
    at = clock.now().isoformat(timespec="seconds")
    return {"program": __version__, "at": at, "rows": _counts(copy), "files": files}


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = len(data), 0o600, int(clock.now().timestamp())
    archive.addfile(member, io.BytesIO(data))


def _add_file(archive: tarfile.TarFile, root: Path, name: str) -> None:
    try:
        archive.add(root / name.removeprefix(_STORE), name)
    except FileNotFoundError:
        raise BadBackup(f"{name} is missing: run `python app.py check`, restore it, and try again") from None


def _read_back(path: Path, manifest: dict[str, Any]) -> None:
    """Read the archive as a restore would. Raises BadBackup naming the first member that differs."""
    seen = {name: sha for name, sha in _hashes_in(path) if name != MANIFEST}
    for name, sha in manifest["files"].items():
        if seen.get(name) != sha:
            raise BadBackup(
                f"{name} {'differs from its hash' if name in seen else 'is missing'}: run `python app.py check`"
            )


def _hashes_in(path: Path) -> Iterator[tuple[str, str]]:
    with tarfile.open(path) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield member.name, _hash_stream(stream)


def _hash_stream(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _hash_file(path: Path) -> str:
    with path.open("rb") as stream:
        return _hash_stream(stream)


def _files_of(database: Path) -> list[str]:
    """Hashes of all files that the rows of a database copy refer to."""
    with closing(sqlite3.connect(str(database))) as connection:
        found = {
            sha for table, column in FILE_COLUMNS
            for (sha,) in connection.execute(f'SELECT DISTINCT "{column}" FROM "{table}"') if sha  # noqa: S608 (constants)
        }  # fmt: skip
    return sorted(found)


def _counts(database: Path) -> dict[str, int]:
    with closing(sqlite3.connect(str(database))) as connection:
        return {
            table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608 (constants)
            for table in ("worker", "application", "material", "audit_event")
        }


def _demand_sound(database: Path) -> None:
    with closing(sqlite3.connect(str(database))) as connection:
        lines = [line for (line,) in connection.execute("PRAGMA integrity_check")]
        lines += [f"foreign key {row}" for row in connection.execute("PRAGMA foreign_key_check")]
    if lines != ["ok"]:
        raise BadBackup(f"the database is damaged ({lines[0]}): restore the last good backup")


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(source: Path) -> None:
    """Unpack a backup into an empty instance folder, every file compared with its hash."""
    settings = config.from_environment()
    folder = settings.instance_dir
    if folder.exists() and any(folder.iterdir()):
        raise RuntimeError(f"{folder} is not empty: move it away first (it is not touched)")
    part = folder.with_name(folder.name + ".restoring")
    shutil.rmtree(part, ignore_errors=True)
    try:
        manifest = _unpack(source, part)
        _demand_sound(part / DATABASE)
    except (tarfile.TarError, EOFError, OSError, ValueError, KeyError) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise BadBackup(f"{source.name} is damaged or no backup ({error}): take another one") from error
    except BadBackup:
        shutil.rmtree(part, ignore_errors=True)
        raise
    if folder.exists():
        folder.rmdir()
    part.replace(folder)
    click.echo(json.dumps({"restored": len(manifest["files"]), "taken": manifest["at"], **manifest["rows"]}))
    click.echo("restored; run `python app.py check`, then `python app.py serve` (after an upgrade `migrate` first)")


def _unpack(source: Path, part: Path) -> dict[str, Any]:
    """Write the members to `part`, durable. Raises BadBackup when one is missing, foreign or changed."""
    part.mkdir(parents=True, mode=0o700)
    with tarfile.open(source) as archive:
        first = archive.next()
        if first is None or first.name != MANIFEST:
            raise BadBackup(f"{source.name} has no {MANIFEST}: it is no backup of gkportal")
        manifest = json.load(archive.extractfile(first))  # type: ignore[arg-type]
        wanted = dict(manifest["files"])
        for member in archive:
            if not member.isfile() or member.name == MANIFEST:
                continue
            sha = wanted.pop(member.name, None)
            if sha is None or _place(archive, member, part) != sha:
                raise BadBackup(
                    f"{member.name} in {source.name} {'is not in its list' if sha is None else 'is damaged'}"
                )
    if wanted:
        raise BadBackup(f"{source.name} is cut: {len(wanted)} files are missing, first {min(wanted)}")
    return manifest


def _place(archive: tarfile.TarFile, member: tarfile.TarInfo, part: Path) -> str:
    """Write one member below `part`; its SHA-256."""
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise BadBackup(f"{member.name}: a path out of the folder")
    path = part.joinpath(*name.parts)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    stream = archive.extractfile(member)
    assert stream is not None
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        shutil.copyfileobj(stream, target, 1024 * 1024)
        target.flush()
        os.fsync(target.fileno())
    return _hash_file(path)
