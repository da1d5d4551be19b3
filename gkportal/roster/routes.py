"""Pages of the roster."""

from __future__ import annotations

from flask import Blueprint, Flask

blueprint = Blueprint("roster", __name__, url_prefix="/roster")


def register(app: Flask) -> None:
    """Add the roster's pages."""
    app.register_blueprint(blueprint)
