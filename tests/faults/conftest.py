"""Fixtures: an instance with people at work in it, servers on copies of it that are gone after the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import servers, wreck

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")


@pytest.fixture(scope="session")
def town(template_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instance of town.py, built once in a process of its own."""
    target = tmp_path_factory.mktemp("faults") / "town"
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.town", str(template_instance), str(target)], cwd=servers.ROOT, check=False,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the system has one: what a killed process wrote is there as on a disk, only sooner."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="gkportal-faults-", dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def instance(town: Path, quick: Path) -> Path:
    """A copy of the town for this test."""
    return Path(shutil.copytree(town, quick / "instance"))


@pytest.fixture
def ids(instance: Path) -> dict[str, str]:
    """Public ids by name (wreck.ids)."""
    return wreck.ids(instance)


@pytest.fixture
def serve(instance: Path) -> Iterator[Callable[..., servers.Server]]:
    """`serve(threads=8)` starts a server on the instance; all are killed at the end."""
    started: list[servers.Server] = []

    def start(**options: object) -> servers.Server:
        server = servers.Server(instance, **options)  # type: ignore[arg-type]
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.kill()
