"""HTMX answers in one place: page or fragment, named events, redirects. Header values are ASCII (see traps)."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, make_response, redirect, render_template, request


def is_fragment() -> bool:
    """Whether htmx asks for a part of a page (not a boosted or history request)."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Boosted") != "true"
        and headers.get("HX-History-Restore-Request") != "true"
    )


def page_or_fragment(page: str, fragment: str, /, *, status: int = 200, **context: Any) -> Response:
    """Render `fragment` for htmx, else the whole `page` that includes it; `Vary: HX-Request` either way."""
    response = make_response(render_template(fragment if is_fragment() else page, **context), status)
    response.vary.add("HX-Request")
    return response


def events(response: Response, **named: Any) -> Response:
    """Add HX-Trigger events; underscores in names become dashes. JSON is ASCII-escaped."""
    known = json.loads(response.headers.get("HX-Trigger", "{}"))
    known.update({name.replace("_", "-"): value for name, value in named.items()})
    response.headers["HX-Trigger"] = json.dumps(known, ensure_ascii=True)
    return response


def done(**named: Any) -> Response:
    """204 plus named events: closes a modal and tells the lists that listen."""
    return events(make_response("", 204), **named)


def go(url: str) -> Response:
    """Redirect that works for htmx (HX-Redirect) and for plain forms (303)."""
    if request.headers.get("HX-Request") == "true":
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
        return response
    return redirect(url, code=303)  # type: ignore[return-value]
