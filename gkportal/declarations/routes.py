"""The blueprint of the declaration pages; the views are in `routes_*`."""

from __future__ import annotations

from importlib import import_module

from flask import Blueprint, Flask

blueprint = Blueprint("declarations", __name__)

#: Modules with views on `blueprint`.
_VIEWS = ("routes_case", "routes_picker", "routes_applicant", "routes_print", "routes_materials", "routes_submit")
#: Modules that register what they do for lower packages.
_HOOKS = ("review_handler", "timeline_texts")


def register(app: Flask) -> None:
    """Add all declaration pages and handlers to `app`."""
    for name in _VIEWS:
        import_module(f"gkportal.declarations.{name}")
    app.register_blueprint(blueprint)
    for name in _HOOKS:
        import_module(f"gkportal.declarations.{name}").register(app)
