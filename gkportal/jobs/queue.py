"""The queue: Huey on `jobs.db` beside the database, holding nothing but job ids, as JSON (never pickle).

A file of its own, so that polling workers never touch the pages of the business data. The table `job` is the
truth; a lost or doubled message is harmless (see runner.py).
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from huey import Huey
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import SqliteStorage
from peewee import sqlite3  # pysqlite3 where installed: the system's SQLite has the WAL-reset bug

from gkportal.core import db

TASK = "gkportal.job"
FILE_NAME = "jobs.db"


class JsonSerializer(Serializer):
    """Messages as JSON. What JSON cannot hold is an error here and not code to be run later."""

    def _serialize(self, data: Any) -> bytes:
        if isinstance(data, Message):
            data = {"message": data._asdict()}
        return json.dumps(data, ensure_ascii=False).encode()

    def _deserialize(self, data: bytes) -> Any:
        value = json.loads(bytes(data))
        if isinstance(value, dict) and "message" in value:
            return Message(**value["message"])
        return value


class _Storage(SqliteStorage):
    """Huey's SQLite storage on the SQLite that the rest of the application uses."""

    integrity_error = sqlite3.IntegrityError
    operational_error = sqlite3.OperationalError

    def _create_connection(self) -> Any:
        connection = sqlite3.connect(self.filename, timeout=self._timeout, check_same_thread=False)
        connection.isolation_level = None
        self._set_journal_mode(connection)
        connection.execute("pragma synchronous=full")
        return connection


class JobQueue:
    """Job ids, first in first out, in the file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.huey = Huey(
            "gkportal",
            results=False,
            storage_class=_Storage,
            serializer=JsonSerializer(),
            filename=str(path),
            strict_fifo=True,
        )
        self._task = self.huey.task(name=TASK)(str)

    def push(self, public_id: str) -> None:
        """Add a job id."""
        self._task(public_id)

    def pop(self) -> str | None:
        """The oldest job id, taken out; None when there is none. One of many callers gets it."""
        task = self.huey.dequeue()
        return None if task is None else str(task.args[0])

    def ids(self) -> set[str]:
        """All job ids in the queue."""
        return {str(task.args[0]) for task in self.huey.pending()}

    def close(self) -> None:
        """Close the file."""
        self.huey.storage.close()


_current: JobQueue | None = None
_lock = threading.Lock()


def current() -> JobQueue:
    """The queue beside the bound database."""
    global _current
    path = Path(db.database.database).with_name(FILE_NAME)
    with _lock:
        if _current is None or _current.path != path:
            if _current is not None:
                _current.close()
            _current = JobQueue(path)
        return _current
