"""Errors that carry the sentence a person reads."""

from __future__ import annotations


class GkError(Exception):
    """A refusal with a Chinese sentence. `status` is the HTTP status it maps to."""

    status = 400

    def __init__(self, message: str, *, details: object = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotFound(GkError):
    """The thing does not exist for this actor (other units' data included)."""

    status = 404

    def __init__(self, message: str = "没有找到您要的内容，可能已被删除，或不属于您的单位。") -> None:
        super().__init__(message)


class Refused(GkError):
    """The actor may not do this; the reason is told (see rules.py of each package)."""

    status = 403


class Conflict(GkError):
    """Somebody else changed or decided the same thing first. `details` holds both versions where known."""

    status = 409


class Invalid(GkError):
    """The input breaks rules. `problems` maps a field name to its sentences."""

    status = 422

    def __init__(self, message: str, problems: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or {}


class TooMany(GkError):
    """A rate limit was hit."""

    status = 429


class Unavailable(GkError):
    """The server cannot do it now (disk full, database busy, worker down); the input is kept by the page."""

    status = 503
