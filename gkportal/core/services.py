"""Where routes find the application's long-lived helpers (file store, inspector, renderer)."""

from __future__ import annotations

from typing import Any

from flask import current_app


def provide(app: Any, **services: Any) -> None:
    """Register services under their names."""
    app.extensions.setdefault("gk_services", {}).update(services)


def service(name: str) -> Any:
    """One registered service, e.g. `service("store")`. KeyError when it was not provided."""
    return current_app.extensions["gk_services"][name]
