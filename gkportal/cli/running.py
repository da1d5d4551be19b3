"""Which processes work on an instance folder: marks that go with their process, however it ends.

Each process locks a file of its own in `<instance>/run`. A lock dies with its process, also by kill -9, so a file
that can be locked is a leftover. Needs a local disk, as SQLite does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if os.name == "nt":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


FOLDER = "run"


def _take(path: Path) -> int | None:
    """An open, locked descriptor, or None while another process holds the file."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def mark(instance: Path, name: str) -> Iterator[None]:
    """Show that this process works on the instance as `name`. Raises RuntimeError when another one does."""
    folder = instance / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{name}.lock"
    descriptor = _take(path)
    if descriptor is None:
        raise RuntimeError(f"another `{name}` runs on {instance}: stop it first, or use another GKPORTAL_INSTANCE_DIR")
    try:
        yield
    finally:
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()


def others(instance: Path, *, but: str = "") -> list[str]:
    """Names of the processes at work on the instance, `but` one; leftovers of dead processes are removed."""
    found = []
    for path in sorted((instance / FOLDER).glob("*.lock")):
        if path.stem == but:
            continue
        descriptor = _take(path)
        if descriptor is None:
            found.append(path.stem)
            continue
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()
    return found
