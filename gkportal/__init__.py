"""gkportal: 机关事业单位工勤技能岗位等级考评. `create_app` only wires; the work is in the packages."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, g
from flask_wtf import CSRFProtect
from htmx_flask import Htmx

from gkportal import config
from gkportal.core import access, assets, clock, db, schema, services, web
from gkportal.policy import use_directories

__version__ = "0.1.0"

#: Packages with routes, in the order of the layers; each has `routes.blueprint`.
FEATURES = ("auth", "orgs", "rounds", "roster", "review", "declarations", "hall")


def create_app(settings: config.Settings | None = None) -> Flask:
    """The application for one office. Raises BadSetting or RuntimeError with the way out."""
    settings = settings or config.from_environment()
    app = Flask(__name__, template_folder=str(config.ROOT / "templates"), static_folder=str(config.ROOT / "static"))
    _configure(app, settings)
    if settings.pack_dir:
        use_directories(Path(settings.pack_dir))
    db.bind(settings.database_path)
    schema.require_current()
    web.limit_bodies(app)
    CSRFProtect(app)
    Htmx(app)
    web.install(app, hsts=settings.secure)
    assets.install(app)
    _services(app, settings)
    for name in FEATURES:
        module = import_module(f"gkportal.{name}.routes")
        module.register(app)
    _templates(app, settings)
    access.require_rules(app)
    return app


def _configure(app: Flask, settings: config.Settings) -> None:
    limit = settings.upload_max_mb * 1024 * 1024 + 1024 * 1024
    app.config.update(
        SECRET_KEY=config.secret_key(settings),
        GK=settings,
        MAX_CONTENT_LENGTH=limit,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=2000,
        WTF_CSRF_TIME_LIMIT=None,
        TRUSTED_HOSTS=[urlsplit(settings.public_url).hostname or "", "127.0.0.1", "localhost"],
        SESSION_COOKIE_NAME="gk_anonymous",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=30),
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _services(app: Flask, settings: config.Settings) -> None:
    from gkportal.auth import sessions
    from gkportal.documents import DocumentRenderer
    from gkportal.storage import FileStore, Inspector

    sessions.install(app, settings)
    rare = (settings.rare_font,) if settings.rare_font else ()
    services.provide(
        app,
        store=FileStore(settings.files_dir),
        inspector=Inspector(clamd=settings.clamd or None),
        renderer=DocumentRenderer(
            config.ROOT / "templates" / "documents",
            config.ROOT / "fonts",
            workers=settings.document_workers,
            rare_fonts=rare,
        ),
    )


def _templates(app: Flask, settings: config.Settings) -> None:
    from gkportal.auth.sessions import load_actor
    from gkportal.core import text
    from gkportal.hall.navigation import navigation, office_name

    app.jinja_env.filters.update(
        mask_id=text.mask_id_number,
        mask_phone=text.mask_phone,
        minute=clock.format_minute,
        day=clock.format_day,
        iso_day=lambda instant: clock.local(instant).date().isoformat(),
        today_long=clock.format_today,
    )

    @app.context_processor
    def frame() -> dict[str, object]:
        if g.get("failing"):  # the page that tells of a failure must not need the database
            return {"actor": None, "settings": settings, "nav": [], "version": __version__}
        actor = load_actor()
        found = {
            "actor": actor,
            "settings": settings,
            "nav": navigation(actor) if actor else [],
            "version": __version__,
        }
        return found | ({"office_name": office_name(actor)} if actor else {})
