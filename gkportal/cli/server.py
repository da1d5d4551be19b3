"""serve and worker."""

from __future__ import annotations

import logging
import os
import signal
import sys
import tempfile
from typing import Any

import click
from flask import Flask

from gkportal import config, create_app
from gkportal.cli import receiving, running, upkeep
from gkportal.core import db, logs, schema

log = logging.getLogger("gkportal.server")


@click.command()
@click.option("--listen", help="Address and port, e.g. 127.0.0.1:8000 (default: GKPORTAL_LISTEN).")
def serve(listen: str | None) -> None:
    """Serve through waitress until stopped (Ctrl+C or SIGTERM)."""
    settings = config.from_environment()
    logs.configure(settings.log_level)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    _stop_in_order()
    config.secret_key(settings)
    with running.mark(settings.instance_dir, "serve"):
        _serve(settings, listen or settings.listen)


def _serve(settings: config.Settings, address: str) -> None:
    _use_data_disk_for_uploads(settings)
    app = create_app(settings)
    schema.require_sound()
    _clean_up(app)
    server = _listen(app, settings, address)
    receiving.install(app, server, upload_max_mb=settings.upload_max_mb)
    runner, hourly = _start_jobs(app), upkeep.Hourly(app)
    hourly.start()
    click.echo(f"gkportal is ready at {settings.public_url}  (listening on {address}; stop with Ctrl+C)")
    try:
        server.run()
    finally:
        hourly.stop()
        runner.stop()
        for name in ("inspector", "renderer"):
            app.extensions["gk_services"][name].close()


def _listen(app: Flask, settings: config.Settings, address: str) -> Any:
    """A waitress server on `address`. Raises RuntimeError when it cannot listen there."""
    from waitress import create_server

    try:
        return create_server(app, **waitress_settings(settings, address))
    except (OSError, ValueError) as error:
        raise RuntimeError(
            f"cannot listen on {address} ({error}): choose another with --listen or GKPORTAL_LISTEN"
        ) from error


def _stop_in_order() -> None:
    """SIGTERM (systemd, docker) ends the server like Ctrl+C: requests under way are finished, children are ended."""

    def stop(number: int, frame: object) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)


def waitress_settings(settings: config.Settings, listen: str) -> dict[str, object]:
    """waitress options; its defaults stop answering at about 98 open browsers (security.md §1)."""
    body = (settings.upload_max_mb + 2) * 1024 * 1024
    options: dict[str, object] = {
        "listen": listen,
        "threads": settings.threads,
        "connection_limit": settings.connection_limit,
        "channel_timeout": 30,
        "backlog": 2048,
        "max_request_body_size": body,
        "max_request_header_size": 64 * 1024,
        "ident": None,
        "clear_untrusted_proxy_headers": True,
        "asyncore_use_poll": True,
    }
    if settings.trusted_proxy:
        options |= {
            "trusted_proxy": settings.trusted_proxy,
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
        }
    return options


def _use_data_disk_for_uploads(settings: config.Settings) -> None:
    """waitress spools bodies into the temp folder: keep them on the data disk, not on a small /tmp."""
    folder = settings.instance_dir / "tmp"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    tempfile.tempdir = str(folder)


def _clean_up(app: Flask) -> None:
    """Start-up sweep: files without a row go (a crash between file and row leaves them), unfinished uploads too."""
    with app.app_context():
        removed = upkeep.start_up(app)
    db.database.close()
    if removed:
        log.info("start-up sweep removed %s files without a row", removed)


def _start_jobs(app):
    from gkportal.jobs import JobRunner

    runner = JobRunner(app)
    runner.start()
    return runner


@click.command()
def worker() -> None:
    """Do the waiting background jobs in this process (serve does them too), until stopped."""
    import time

    settings = config.from_environment()
    logs.configure(settings.log_level)
    _stop_in_order()
    with running.mark(settings.instance_dir, f"worker-{os.getpid()}"):
        runner = _start_jobs(create_app(settings))
        click.echo("worker is ready (stop with Ctrl+C)")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass
        finally:
            runner.stop()
