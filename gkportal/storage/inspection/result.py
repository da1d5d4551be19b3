"""What an inspection tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class InspectionWarning:
    """Something a person should look at. `code` is stable, `message` is shown, `page` counts from 1."""

    code: str
    message: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """The answer about one file.

    Refused: `ok` is False and `refusal` is the sentence. Accepted: store `path` — the original, or (`cleaned`)
    a safe copy in a temp file that is removed when the `with` block (or `close`) ends.
    `width` and `height` are pixels of a photo, millimetres of a PDF's first page. `derived` holds small pictures
    by name: `thumbnail` (JPEG of page 1).
    """

    ok: bool
    refusal: str | None = None
    code: str | None = None
    pages: int = 0
    width: int = 0
    height: int = 0
    warnings: tuple[InspectionWarning, ...] = ()
    derived: dict[str, bytes] = field(default_factory=dict)
    path: Path | None = None
    cleaned: bool = False

    def close(self) -> None:
        """Remove the cleaned copy, if there is one."""
        if self.cleaned and self.path is not None:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def refused(code: str, sentence: str) -> Inspection:
    """A refusal."""
    return Inspection(False, sentence, code)
