"""The load generator, a process of its own: `python -m bench.load < plan.json > result.json`.

Two plans. `alternate`: one client sends one request to each target in turn (A B A B …), so that noise of the machine
hits all of them alike. `rush`: many clients at once on one target. Only loopback, only http.client.
"""

from __future__ import annotations

import base64
import http.client
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

TIMEOUT_S = 60


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `body` is sent as it is; `expect` are the good statuses."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    expect: tuple[int, ...] = (200, 204)

    def to_json(self) -> dict[str, Any]:
        """For the plan."""
        return asdict(self) | {"body": base64.b64encode(self.body).decode()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Call:
        """From the plan."""
        return cls(**data | {"body": base64.b64decode(data["body"]), "expect": tuple(data["expect"])})


@dataclass(frozen=True, slots=True)
class Target:
    """A server's port and the calls to send to it, in turn."""

    name: str
    port: int
    calls: tuple[Call, ...]


class _Client:
    """One kept-alive connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)

    def send(self, call: Call) -> tuple[float, int, int, str]:
        """(seconds, status, bytes of the answer, start of a bad answer)."""
        started = time.perf_counter()
        try:
            self.connection.request(call.method, call.path, body=call.body or None, headers=call.headers)
            response = self.connection.getresponse()
            data = response.read()
            status = response.status
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            return time.perf_counter() - started, 0, 0, f"{type(error).__name__}: {error}"
        seconds = time.perf_counter() - started
        bad = "" if status in call.expect else data[:3000].decode("utf-8", "replace")
        return seconds, status, len(data), bad


def alternate(targets: list[Target], rounds: int, warm_up: int) -> dict[str, Any]:
    """A B A B …: `rounds` requests to each target after `warm_up` that do not count."""
    clients = {target.name: _Client(target.port) for target in targets}
    result = {t.name: {"seconds": [], "bytes": 0, "statuses": Counter(), "bad": ""} for t in targets}
    for number in range(warm_up + rounds):
        for target in targets:
            call = target.calls[number % len(target.calls)]
            seconds, status, size, bad = clients[target.name].send(call)
            if number < warm_up and not bad:
                continue
            _note(result[target.name], call, seconds, status, size, bad)
    return result


def _note(entry: dict[str, Any], call: Call, seconds: float, status: int, size: int, bad: str) -> None:
    entry["statuses"][str(status)] += 1
    entry["bad"] = entry["bad"] or bad
    if status in call.expect:
        entry["seconds"].append(seconds)
        entry["bytes"] = size


def rush(target: Target, clients: int, seconds: float, once: bool) -> dict[str, Any]:
    """`clients` at once, for `seconds` or, with `once`, until each call has been sent one time."""
    entry: dict[str, Any] = {"seconds": [], "bytes": 0, "statuses": Counter(), "bad": ""}
    lock, numbers = threading.Lock(), count()
    gate = threading.Barrier(clients + 1)
    until = [0.0]

    def work() -> None:
        client, mine = _Client(target.port), []
        gate.wait()
        while time.perf_counter() < until[0]:
            number = next(numbers)
            if once and number >= len(target.calls):
                break
            call = target.calls[number % len(target.calls)]
            mine.append((call, *client.send(call)))
        with lock:
            for item in mine:
                _note(entry, *item)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    started = time.perf_counter()
    until[0] = started + seconds
    gate.wait()
    for thread in threads:
        thread.join()
    return entry | {"elapsed": time.perf_counter() - started}


def run(plan: dict[str, Any], *, timeout_s: float = 600) -> dict[str, Any]:
    """Run a plan in a fresh process and return its result. Raises RuntimeError."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=json.dumps(plan).encode(), capture_output=True, timeout=timeout_s,
        cwd=Path(__file__).resolve().parent.parent, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr.decode("utf-8", "replace")[-800:])
    return json.loads(done.stdout)


def plan_of(kind: str, targets: list[Target], **options: Any) -> dict[str, Any]:
    """A plan as JSON."""
    listed = [{"name": t.name, "port": t.port, "calls": [call.to_json() for call in t.calls]} for t in targets]
    return {"kind": kind, "targets": listed, "options": options}


def main() -> None:
    """Read a plan, do it, write the result."""
    plan = json.load(sys.stdin)
    targets = [Target(t["name"], t["port"], tuple(map(Call.from_json, t["calls"]))) for t in plan["targets"]]
    done = alternate(targets, **plan["options"]) if plan["kind"] == "alternate" else rush(targets[0], **plan["options"])
    json.dump(done, sys.stdout)


if __name__ == "__main__":
    main()
