"""The blueprint of the declaration pages. The views are in `routes_*`; optional parts register when they exist."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from flask import Blueprint, Flask

blueprint = Blueprint("declarations", __name__)

#: Modules with views on `blueprint`, and modules that hook into lower packages by `register(app)`.
_VIEWS = ("routes_case", "routes_picker", "routes_applicant", "routes_print", "routes_materials", "routes_submit")
_HOOKS = ("review_handler", "timeline_texts")


def register(app: Flask) -> None:
    """Add all declaration pages and handlers to `app`."""
    for name in _VIEWS:
        _load(name)
    app.register_blueprint(blueprint)
    for name in _HOOKS:
        module = _load(name)
        if module is not None:
            module.register(app)


def _load(name: str):
    full = f"gkportal.declarations.{name}"
    return import_module(full) if find_spec(full) is not None else None
