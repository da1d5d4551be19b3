"""Registers every page of this package."""

from __future__ import annotations

from flask import Flask, url_for

from gkportal.auth import (
    account_routes,
    admin_routes,
    audit_routes,
    grants_routes,
    login_routes,
    passwords,
    people_routes,
)
from gkportal.auth.blueprint import blueprint

_MODULES = (login_routes, account_routes, people_routes, grants_routes, admin_routes, audit_routes)


def register(app: Flask) -> None:
    """Add the pages to `app`; every module put its views on the blueprint when it was imported."""
    assert all(_MODULES)
    app.register_blueprint(blueprint)
    login_routes.install(app)
    passwords.warm_up()

    @app.context_processor
    def seams() -> dict[str, object]:
        """Addresses the page frame needs, and how long a session lives."""
        settings = app.config["GK"]
        return {
            "frame_urls": {
                "account": url_for("auth.account"),
                "logout": url_for("auth.logout"),
                "keepalive": url_for("auth.keepalive"),
                "login_again": url_for("auth.login_again"),
            },
            "idle_seconds": settings.idle_minutes * 60,
            "idle_warn_seconds": settings.idle_warn_minutes * 60,
        }
