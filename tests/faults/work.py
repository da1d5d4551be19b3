"""What people do on the town while it is killed, and the promises they got."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.declarations import making
from tests.faults import wire
from tests.faults.servers import Server


@dataclass
class Promise:
    """What a person was told is saved: `what`, and the value that must be found again."""

    what: str
    value: str


@dataclass
class Crowd:
    """Several people working at once until the server goes away. `promises` grow; `odd` are unexpected answers."""

    server: Server
    ids: dict[str, str]
    promises: list[Promise] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self, mark: str) -> None:
        """Let everybody begin; `mark` makes the values of this round its own."""
        jobs: list[tuple[str, Callable]] = [("clerk", self._saves), ("clerk2", self._uploads), ("clerk", self._prints)]
        jobs += [("clerk2", self._submits), ("department_reviewer", self._decides)]
        for number, (who, work) in enumerate(jobs):
            client = self.server.sign_in(who, timeout=20)
            thread = threading.Thread(target=self._run, args=(work, client, f"{mark}{number}"), daemon=True)
            self._threads.append(thread)
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Until all have noticed that the server is gone."""
        self._over.set()
        for thread in self._threads:
            thread.join(30)
        self._threads.clear()

    def _run(self, work: Callable, client: wire.Client, mark: str) -> None:
        step = 0
        try:
            while not self._over.is_set():
                step += 1
                work(client, f"{mark}-{step}")
        except wire.Lost:
            pass
        finally:
            client.close()

    def _told(self, answer: wire.Answer, what: str, value: str, *, fine: tuple[int, ...] = ()) -> None:
        if answer.ok and "login" not in answer.headers.get("Location", ""):
            self.promises.append(Promise(what, value))
        elif answer.status not in fine:
            self.odd.append(f"{what}: {answer.status} {answer.text[-300:]}")

    def _saves(self, client: wire.Client, mark: str) -> None:
        path = f"/applications/{self.ids['gu']}/form"
        self._told(client.post(path, {"appraisal_text": f"表现 {mark}", "do": "save"}), "form", f"表现 {mark}")

    def _uploads(self, client: wire.Client, mark: str) -> None:
        data = making.pdf(f"scan {mark}", 2)
        path = f"/applications/{self.ids['gu']}/materials/slots/{self.ids['slot']}"
        self._told(client.post(path, {"file": (f"2身份证{mark}.pdf", data)}), "upload", f"2身份证{mark}.pdf")

    def _prints(self, client: wire.Client, mark: str) -> None:
        answer = client.post(f"/applications/{self.ids['gu']}/approval-form")
        self._told(answer, "print", mark, fine=(409,))  # the form changes while it is printed

    def _submits(self, client: wire.Client, mark: str) -> None:
        data = {"ids": self.ids["sang"], "pledge": "agree", "contact_name": "卜向南", "contact_phone": "0519-85681234"}
        self._told(client.post(f"/declarations/case/{self.ids['case']}/submit/confirm", data), "submit", "sang")
        time.sleep(0.2)

    def _decides(self, client: wire.Client, mark: str) -> None:
        time.sleep(0.3)
        answer = client.post(
            f"/review/{self.ids['task']}/decide", {"decision": "pass", "version": "1", "opinion": "齐全"}
        )
        self._told(answer, "decide", "tao")


def broken_promises(instance: Path, ids: dict[str, str], promises: list[Promise]) -> list[str]:
    """Promises that the database does not keep (I1)."""
    kept = {
        "form": {
            str(row[0])
            for row in wire.rows(instance, "SELECT detail FROM audit_event WHERE verb = 'application.form_saved'")
        },
        "upload": {row[0] for row in wire.rows(instance, "SELECT file_name FROM material")},
    }
    submitted = wire.one(instance, "SELECT state FROM application WHERE public_id = ?", ids["sang"])
    decided = wire.one(instance, "SELECT state FROM review_task WHERE public_id = ?", ids["task"])
    found = []
    for promise in promises:
        if promise.what == "form":
            good = any(f'"{promise.value}"' in text for text in kept["form"])
        elif promise.what == "upload":
            good = promise.value in kept["upload"]
        else:
            good = {"submit": submitted == "in_review", "decide": decided == "done", "print": True}[promise.what]
        if not good:
            found.append(f"{promise.what} {promise.value}")
    return found
