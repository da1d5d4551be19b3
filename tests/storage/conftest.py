"""One inspector for all tests of this folder: starting its child takes a second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gkportal.storage import FileStore, Inspector


@pytest.fixture(scope="session")
def inspector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inspector]:
    """A real inspector with its child process."""
    inspector = Inspector(timeout_s=20, temp_dir=tmp_path_factory.mktemp("clean"))
    yield inspector
    inspector.close()


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """An empty store."""
    return FileStore(tmp_path / "files", reserve_bytes=0)
