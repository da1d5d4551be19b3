"""The real server in a process of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.faults import wire

ROOT = Path(__file__).resolve().parents[2]


def environment(instance: Path, **settings: object) -> dict[str, str]:
    """The environment of a command on `instance`; settings as `threads=8`."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GKPORTAL_")}
    named = {f"GKPORTAL_{name.upper()}": str(value) for name, value in settings.items()}
    return {**plain, "GKPORTAL_INSTANCE_DIR": str(instance), "PYTHONDONTWRITEBYTECODE": "1", **named}


def command(instance: Path, *words: str, check: bool = True, **settings: object) -> subprocess.CompletedProcess:
    """Run `app.py <words>` to its end; what it printed is in `.stdout` (both streams)."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *words], env=environment(instance, **settings), cwd=ROOT, timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stdout
    return done


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`app.py serve` on an instance folder."""

    def __init__(
        self, instance: Path, *, prefix: tuple[str, ...] = (), python: tuple[str, ...] = (), **settings: object
    ) -> None:
        self.instance = instance
        self.port = free_port()
        self.settings = settings
        self.prefix = prefix
        self.python = python or (str(ROOT / "app.py"),)
        self.log_path = instance.parent / f"{instance.name}-server.log"
        self.process: subprocess.Popen | None = None
        self.clients: list[wire.Client] = []

    def start(self, wait: float = 60) -> Server:
        """Start and wait until it answers."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, *self.python, "serve", "--listen", f"127.0.0.1:{self.port}"],
                env=environment(self.instance, **self.settings), cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip
        until = time.monotonic() + wait
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(wire.Lost):
                if self.visitor(timeout=5).get("/login").status == 200:
                    return self
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log()}")

    def log(self) -> str:
        """What it wrote."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def sign_in(self, username: str, **options: float) -> wire.Client:
        """A client of that person."""
        self.clients.append(wire.sign_in(self.instance, self.port, username, **options))
        return self.clients[-1]

    def visitor(self, **options: float) -> wire.Client:
        """A client of nobody."""
        self.clients.append(wire.Client(self.port, **options))
        return self.clients[-1]

    def children(self) -> list[psutil.Process]:
        """Its child processes."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """kill -9, as the machine's OOM killer would."""
        children = self.children()
        if self.alive:
            self.process.send_signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(10)
        psutil.wait_procs(children, timeout=5)
        for client in self.clients:
            client.close()

    def stop(self) -> int:
        """An orderly end. Returns the exit code."""
        children = self.children()
        if self.alive:
            self.process.terminate()
        code = self.process.wait(30)
        _, left = psutil.wait_procs(children, timeout=5)
        for process in left:
            process.kill()
        return code
