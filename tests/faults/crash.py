"""Try one operation again and again, ending or failing it at each storage call in turn (R1, R2).

    python -m tests.faults.crash <town> <work folder> <operation> <how>

`how` is `kill` (SIGKILL before each call and after the last) or `fail` (each call answers ENOSPC, EIO or EROFS, the database
"full", "read-only" or "disk I/O error"). The operation is a real request to the real application; each try runs in a
forked process on a fresh copy of the instance, and another one looks at what is left. Prints one JSON line per try.

Two things differ from the server: files are inspected in this process, and the form printed is the one that the
renderer made in the first, undisturbed run. Both sides of those pipes are killed for real in test_kill.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peewee

from gkportal import config, create_app
from gkportal.auth.models import User
from gkportal.cli import upkeep
from gkportal.core import db
from tests.client import client_for
from tests.declarations import making
from tests.faults import wreck

FILE_ERRORS = (errno.ENOSPC, errno.EIO, errno.EROFS)
DATABASE_ERRORS = ("database or disk is full", "disk I/O error", "attempt to write a readonly database")


@dataclass(frozen=True)
class Operation:
    """A request: who sends it, and what `send(client, ids)` posts; `prepare` runs once before."""

    who: str
    send: Callable[[Any, dict[str, str]], Any]
    prepare: Callable[[Any, dict[str, str]], Any] | None = None


def _upload(client: Any, ids: dict[str, str]) -> Any:
    data = {"file": (_stream(making.pdf("身份证 scan", 2)), "2身份证.pdf")}
    return client.post(f"/applications/{ids['gu']}/materials/slots/{ids['slot']}", data=data)


def _stream(data: bytes) -> Any:
    import io

    return io.BytesIO(data)


def _photo(client: Any, ids: dict[str, str]) -> Any:
    data = {"file": (_stream(making.photo(77)), "照片.jpg")}
    return client.post(f"/applications/{ids['gu']}/materials/slots/{ids['photo_slot']}", data=data)


def _save(client: Any, ids: dict[str, str], who: str = "gu", text: str = "工作踏实，操作规范。") -> Any:
    return client.post(f"/applications/{ids[who]}/form", data={"appraisal_text": text, "do": "save"})


def _print(client: Any, ids: dict[str, str]) -> Any:
    return client.post(f"/applications/{ids['sang']}/approval-form")


def _submit(client: Any, ids: dict[str, str]) -> Any:
    data = {"ids": ids["sang"], "pledge": "agree", "contact_name": "穆知秋", "contact_phone": "0519-85681234"}
    return client.post(f"/declarations/case/{ids['case']}/submit/confirm", data=data)


def _decide(client: Any, ids: dict[str, str]) -> Any:
    return client.post(
        f"/review/{ids['task']}/decide", data={"decision": "pass", "version": "1", "opinion": "材料齐全。"}
    )


OPERATIONS = {
    "save": Operation("clerk", _save),
    "upload": Operation("clerk", _upload),
    "photo": Operation("clerk", _photo),
    "print": Operation("clerk", _print, lambda client, ids: _save(client, ids, "sang", "技术熟练，带过徒弟。")),
    "submit": Operation("clerk", _submit),
    "decide": Operation("department_reviewer", _decide),
}


class Faults:
    """Counts the calls that write, and does something at the chosen one."""

    def __init__(self, at: int = 0, action: Callable[[str], None] | None = None, *, after: bool = False) -> None:
        self.at, self.action, self.after = at, action, after
        self.calls: list[str] = []

    def wrap(self, name: str, real: Callable, wanted: Callable[..., bool] = lambda *a, **k: True) -> Callable:
        """`real`, counted."""

        def call(*args: Any, **kwargs: Any) -> Any:
            if not wanted(*args, **kwargs):
                return real(*args, **kwargs)
            label = f"{name} {str(args[0]).split(' ')[0]}" if name == "sql" else name
            self.calls.append(label)
            mine = len(self.calls) == self.at and self.action is not None
            if mine and not self.after:
                self.action(label)
            result = real(*args, **kwargs)
            if mine and self.after:
                self.action(label)
            return result

        return call

    def install(self) -> None:
        """From now on, in this process."""

        def writes(sql: str, *rest: object) -> bool:
            return sql.lstrip().split(" ")[0].upper() not in ("SELECT", "PRAGMA", "WITH")

        def creates(path: object, flags: int, *rest: object, **more: object) -> bool:
            return bool(flags & os.O_CREAT)

        os.open = self.wrap("open", os.open, creates)
        os.fdopen = _Written.opener(self, os.fdopen)
        for name in ("fsync", "replace", "unlink", "mkdir"):
            setattr(os, name, self.wrap(name, getattr(os, name)))
        for name in ("begin", "commit"):
            setattr(db.database, name, self.wrap(name, getattr(db.database, name)))
        db.database.execute_sql = self.wrap("sql", db.database.execute_sql, writes)


class _Written:
    """A file whose writes are counted too."""

    def __init__(self, file: Any, faults: Faults) -> None:
        self._file = file
        self.write = faults.wrap("write", file.write)

    @classmethod
    def opener(cls, faults: Faults, real: Callable) -> Callable:
        return lambda *args, **kwargs: cls(real(*args, **kwargs), faults)

    def __enter__(self) -> _Written:
        self._file.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._file.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class Yard:
    """One application at a fixed place, to which fresh copies of the instance are put."""

    def __init__(self, town: Path, work: Path, operation: Operation) -> None:
        self.base, self.place, self.operation = work / "base", work / "instance", operation
        shutil.copytree(town, self.base)
        self.refresh()
        self.app = create_app(config.Settings(instance_dir=self.place))
        self.app.testing = False
        self.ids = wreck.ids(self.place)
        self.answers: dict[str, Any] = {}
        self._stay_in_this_process()

    def refresh(self) -> None:
        """A fresh copy."""
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.base, self.place)

    def _stay_in_this_process(self) -> None:
        inspector, renderer = (self.app.extensions["gk_services"][name] for name in ("inspector", "renderer"))
        inspector._schedule = lambda task, *args: task(inspector.timeout_s, *args)
        real = renderer._run

        def render(arguments: tuple) -> Any:
            key = json.dumps(arguments[:2], ensure_ascii=False, sort_keys=True, default=str)
            if key not in self.answers:
                self.answers[key] = real(arguments)
            return self.answers[key]

        renderer._run = render

    def first_run(self) -> tuple[list[str], dict[str, int], dict[str, int]]:
        """Undisturbed: the names of the calls, and the rows before and after."""
        with self.app.app_context():
            db.connect()
            client = self.client()
            if self.operation.prepare is not None:
                assert self.operation.prepare(client, self.ids).status_code < 400
            db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.database.close()
        shutil.rmtree(self.base)
        shutil.copytree(self.place, self.base)
        before = wreck.counts(self.place)
        answer = self.send(self.client())
        assert answer.status_code < 400 and "password" not in answer.headers.get("Location", ""), answer.headers
        db.database.close()
        after = wreck.counts(self.place)
        self.app.extensions["gk_services"]["renderer"].close()
        self.app.extensions["gk_services"]["renderer"]._closed = False
        calls = self.in_child(self._counted)["calls"]
        return calls, before, after

    def client(self) -> Any:
        """The person of the operation, signed in."""
        db.connect()
        return client_for(self.app, User.get(User.username == self.operation.who))

    def send(self, client: Any) -> Any:
        """The request."""
        client.check_pages = False
        return self.operation.send(client, self.ids)

    def _counted(self) -> dict[str, Any]:
        faults, client = Faults(), self.client()
        faults.install()
        self.send(client)
        return {"calls": list(faults.calls)}

    def in_child(self, work: Callable[[], dict[str, Any]], *, fresh: bool = True) -> dict[str, Any]:
        """Run `work` in a forked process; its answer, or how it ended."""
        if fresh:
            self.refresh()
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            try:
                said = work()
            except BaseException:
                said = {"broken": traceback.format_exc()}
            os.write(write, json.dumps(said).encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            text = pipe.read()
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        return {"killed": killed, **(json.loads(text) if text else {})}

    def killed_at(self, number: int, *, after: bool) -> dict[str, Any]:
        """Send the request and die at the call."""

        def work() -> dict[str, Any]:
            client = self.client()
            Faults(number, lambda name: os.kill(os.getpid(), signal.SIGKILL), after=after).install()
            return {"status": self.send(client).status_code}

        return self.in_child(work)

    def failed_at(self, number: int, error: int) -> dict[str, Any]:
        """Send the request while the call fails; then send it again in the same process."""

        def fail(name: str) -> None:
            if name in ("begin", "commit") or name.startswith("sql"):
                raise peewee.OperationalError(DATABASE_ERRORS[error])
            raise OSError(FILE_ERRORS[error], os.strerror(FILE_ERRORS[error]))

        def work() -> dict[str, Any]:
            client = self.client()
            Faults(number, fail).install()
            refused = self.send(client)
            counts = wreck.counts(self.place)
            page = client.get("/login")
            again = self.send(client)
            return {
                "status": refused.status_code, "text": refused.get_data(as_text=True)[-4000:], "counts": counts,
                "alive": page.status_code, "again": again.status_code,
            }  # fmt: skip

        return self.in_child(work)

    def look(self) -> dict[str, Any]:
        """What is left after a death: problems, rows, files without a row; then the same request once more."""

        def work() -> dict[str, Any]:
            upkeep.start_up(self.app)
            problems = wreck.problems(self.app, self.place)
            counts = wreck.counts(self.place)
            again = self.send(self.client()).status_code
            return {"problems": problems, "counts": counts, "again": again, "counts_again": wreck.counts(self.place)}

        return self.in_child(work, fresh=False)


def main(town: str, work: str, operation: str, how: str) -> None:
    """All tries of one operation."""
    yard = Yard(Path(town), Path(work), OPERATIONS[operation])
    calls, before, after = yard.first_run()
    print(json.dumps({"calls": calls, "before": before, "after": after}))
    for number, name in enumerate(calls, 1):
        if how == "kill":
            say(f"before {number} {name}", yard.killed_at(number, after=False), yard.look())
        else:
            say(f"{number} {name}", yard.failed_at(number, number % 3), yard.look())
    if how == "kill":  # what lies between two calls touches no disk, so "before" each and "after" the last is all
        say(f"after {len(calls)} {calls[-1]}", yard.killed_at(len(calls), after=True), yard.look())


def say(at: str, tried: dict[str, Any], left: dict[str, Any]) -> None:
    """One line for the test."""
    print(json.dumps({"at": at, "tried": tried, "left": left}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
