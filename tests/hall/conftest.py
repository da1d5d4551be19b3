"""Fixtures: the scene of the access tests (units with cases at every stage), rolled back after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.access.conftest import Arena, arena, place, scene_instance
from tests.client import CheckingClient

__all__ = ["arena", "place", "scene_instance"]


@pytest.fixture
def stage(arena: Arena) -> Iterator[Arena]:
    """The arena; whatever the test writes is undone."""
    with arena.undone():
        yield arena


@pytest.fixture
def enter(stage: Arena) -> Callable[[str], CheckingClient]:
    """`enter("clerk")` gives a client that checks every page."""

    def client(name: str) -> CheckingClient:
        made = stage.client(name)
        made.check_pages = True
        return made

    return client
