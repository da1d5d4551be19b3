"""Fixtures: the notes feature, and a way to count queries."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.review import notes as feature


@pytest.fixture
def notes(app, world) -> Iterator[object]:
    """The notes feature in this test's database."""
    feature.install()
    yield feature


class _Counter(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.statements: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        sql = record.msg[0] if isinstance(record.msg, tuple) else str(record.msg)
        if sql.lstrip().upper().startswith("SELECT"):
            self.statements.append(sql)


@pytest.fixture
def count_queries() -> Callable:
    """`with count_queries() as seen: …` then len(seen)."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        log, counter = logging.getLogger("peewee"), _Counter()
        level = log.level
        log.addHandler(counter)
        log.setLevel(logging.DEBUG)
        try:
            yield counter.statements
        finally:
            log.removeHandler(counter)
            log.setLevel(level)

    return counting
