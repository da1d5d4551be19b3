"""Servers of a run: started on a free loopback port, watched, and stopped by their own process id."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
#: Compiled modules of the servers.
CACHE = ROOT / "bench" / "results" / "compiled"
START_LIMIT_S = 60


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int, path: str, headers: dict[str, str]) -> int:
    """The status of one GET, 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


@dataclass
class Server:
    """One running server. `started_s`: seconds from start to the first good page."""

    process: subprocess.Popen
    port: int
    log: Path
    started_s: float = 0.0
    stopped: bool = field(default=False)

    def rss_mb(self) -> float:
        """Resident memory of the server's own process, MB."""
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def helpers_rss_mb(self) -> float:
        """Resident memory of its helper processes (documents, inspection), MB."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return sum(child.memory_info().rss for child in children if child.is_running()) / 1e6

    def stop(self) -> None:
        """Ask it to stop, then insist. Its helpers end with it."""
        if self.stopped:
            return
        self.stopped = True
        children = psutil.Process(self.process.pid).children(recursive=True) if self.process.poll() is None else []
        self.process.send_signal(2)  # as Ctrl+C: waitress stops its threads and the pools end
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        for child in children:
            if child.is_running():
                child.kill()


def start(
    command: list[str],
    port: int,
    log: Path,
    *,
    first_page: str,
    headers: dict[str, str],
    env: dict[str, str] | None = None,
) -> Server:
    """Start a server and wait for its first good page. Raises RuntimeError with the end of its log."""
    # Installed programs find compiled modules; without them a start would measure Python's compiler.
    compiled = {"PYTHONPYCACHEPREFIX": str(CACHE)}
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=inherited | compiled | (env or {}), stdout=output, stderr=output,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    server = Server(process, port, log)
    status = 0
    while time.perf_counter() - started < START_LIMIT_S and process.poll() is None:
        with socket.socket() as probe:
            open_now = probe.connect_ex(("127.0.0.1", port)) == 0
        if open_now:
            status = answers(port, first_page, headers)
            if status == 200:
                server.started_s = time.perf_counter() - started
                return server
            break
        time.sleep(0.005)
    server.stop()
    raise RuntimeError(
        f"no page from {' '.join(command[:3])} (status {status}): {log.read_text(errors='replace')[-800:]}"
    )
