"""The blueprint of this package and what its route modules share."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, request
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from gkportal.config import Settings
from gkportal.core.errors import Conflict, GkError, Invalid, Refused, TooMany
from gkportal.core.htmx import done, go, is_fragment, page_or_fragment
from gkportal.core.text import whole_number

blueprint = Blueprint("auth", __name__)


def settings() -> Settings:
    """The application's settings."""
    return current_app.config["GK"]


def attach(form: FlaskForm, error: GkError) -> int:
    """Put an operation's refusal beside its field or above the form; returns the status of the answer."""
    if not isinstance(error, Invalid | Conflict | Refused | TooMany):
        raise error
    problems = error.problems if isinstance(error, Invalid) else {}
    known = {name: texts for name, texts in problems.items() if name in form}
    for name, texts in known.items():
        form[name].errors = [*form[name].errors, *texts]
    if not known:
        form.form_errors.append(error.message)
    return error.status


def form_answer(page: str, fragment: str, form: FlaskForm, *, status: int | None = None, **context: object) -> Response:
    """The form again: 422 after a refused POST, 200 for the first look."""
    code = status or (422 if request.method == "POST" else 200)
    return page_or_fragment(page, fragment, status=code, form=form, **context)


def finished(message: str, url: str, **events: object) -> Response:
    """Done: htmx closes the modal and hears the events, a plain form goes to `url`."""
    if is_fragment():
        return done(gk_message={"text": message, "tone": "ok"}, **events)
    flash(message, "success")
    return go(url)


def posted_version() -> int:
    """The `version` a form was shown with; 0 (never current) when it is nonsense."""
    return whole_number(request.form.get("version"))
