"""The application behind waitress in this process, so that a test can hold and move the clock."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from flask import Flask
from waitress import create_server

from gkportal import config, create_app
from gkportal.cli.server import waitress_settings
from gkportal.core import clock, db
from gkportal.documents import DocumentRenderer
from gkportal.storage import Inspector

KEY = "test-key-of-no-value-0123456789"


class Helpers:
    """The helper processes of the application, started once and lent to every office of a test run."""

    def __init__(self) -> None:
        self.inspector = Inspector()
        self.renderer = DocumentRenderer(config.ROOT / "templates" / "documents", config.ROOT / "fonts", workers=1)

    def lend(self, app: Flask) -> None:
        """Replace the helpers of `app`, which are not running yet, by these."""
        services = app.extensions["gk_services"]
        for name in ("inspector", "renderer"):
            services[name].close()
        services.update(inspector=self.inspector, renderer=self.renderer)

    def close(self) -> None:
        """End the processes."""
        self.inspector.close()
        self.renderer.close()


class Office:
    """An instance folder, the application on it, and the server; `at` moves the clock, `restart` the server."""

    def __init__(self, folder: Path, helpers: Helpers, now: datetime, **settings: object) -> None:
        self.helpers = helpers
        self.settings = config.Settings(instance_dir=folder, secret_key=KEY, **settings)  # type: ignore[arg-type]
        self._clock = ExitStack()
        self._server: _Server | None = None
        self.at(now)
        self.app = self._make()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def _make(self) -> Flask:
        app = create_app(self.settings)
        self.helpers.lend(app)
        db.connect()
        return app

    def start(self) -> None:
        """Answer requests."""
        self._server = _Server(self.app, waitress_settings(self.settings, f"127.0.0.1:{self.port}") | {"threads": 8})

    def stop(self) -> None:
        """Hang up on everybody, as a machine that goes down."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def restart(self) -> None:
        """A new application on the same data and port."""
        self.stop()
        self.app = self._make()
        self.start()

    def at(self, now: datetime) -> None:
        """It is `now` from here on."""
        self._clock.enter_context(clock.freeze(now))

    def close(self) -> None:
        """End everything."""
        self.stop()
        self._clock.close()
        db.database.close()


class _Server:
    """waitress in a thread. Its own `run` ends only with the process, hence this loop."""

    def __init__(self, app: Flask, options: dict[str, object]) -> None:
        self._server = create_server(app, **options)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._server.asyncore.loop(timeout=0.1, use_poll=True, map=self._server._map, count=1)

    def stop(self) -> None:
        self._stopping.set()
        self._server.pull_trigger()
        self._thread.join(5)
        self._server.task_dispatcher.shutdown()
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()
