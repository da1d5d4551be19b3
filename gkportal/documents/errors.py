"""What can go wrong when a document is made, in sentences for the person who asked for it."""

from __future__ import annotations

from gkportal.core.errors import GkError


class DocumentError(GkError):
    """The document cannot be made from this content; the sentence says what to change.

    `details` is a list of short technical lines for the log. They name settings, types and characters, never
    field values, because a log must not hold personal data.
    """

    status = 422

    def __init__(self, message: str, details: list[str] | None = None) -> None:
        super().__init__(message, details=list(details or ()))

    def __reduce__(self) -> tuple[type[DocumentError], tuple[str, object]]:
        """Errors travel from the worker process by pickle, which would drop the keyword argument."""
        return type(self), (self.message, self.details)


class DocumentUnavailable(DocumentError):
    """The content may be fine, but the document could not be made now (time limit, process lost)."""

    status = 503
