"""Static files carry their content's hash in the address, so that browsers may keep them and never see old ones."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask


def install(app: Flask) -> None:
    """Add `?v=<hash>` to every `url_for("static", …)`, and the template global `icons` (address of the sprite)."""
    folder = Path(app.static_folder or "")
    known: dict[str, tuple[int, str]] = {}

    @app.url_defaults
    def version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values and "filename" in values:
            values["v"] = _short_hash(folder / values["filename"], known)

    quick = lru_cache(maxsize=256)(app.url_for)

    def template_url_for(endpoint: str, **values: Any) -> str:
        """`url_for` of templates; addresses of static files do not change while the program runs."""
        return quick(endpoint, **values) if endpoint == "static" else app.url_for(endpoint, **values)

    app.jinja_env.globals["url_for"] = template_url_for
    sprite = _short_hash(folder / "vendor" / "icons.svg", known)
    app.jinja_env.globals["icons"] = f"{app.static_url_path}/vendor/icons.svg?v={sprite}"


def _short_hash(path: Path, known: dict[str, tuple[int, str]]) -> str:
    """First ten hex digits of the SHA-256; read again only when the file's time changes. Missing files give 0."""
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return "0"
    name = str(path)
    if name not in known or known[name][0] != changed:
        known[name] = (changed, hashlib.sha256(path.read_bytes()).hexdigest()[:10])
    return known[name][1]
