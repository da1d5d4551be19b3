"""What crosses between the server and a renderer process. Nothing heavy is imported here: the server's memory and
start-up stay free of reportlab and the PDF tools, which only the renderer processes load.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class WorkerSettings:
    """What a renderer process is started with. Everything here crosses by pickle."""

    template_dir: Path
    font_dir: Path
    rare_fonts: tuple[Path, ...]
    timeout_s: float


@dataclass(frozen=True)
class RenderedDocument:
    """A finished PDF. `sha256` is of `pdf`, in hexadecimal; the same content gives the same bytes."""

    pdf: bytes
    pages: int
    sha256: str


def start(*args: Any) -> None:
    """Initialise a renderer process (worker.start)."""
    from gkportal.documents import worker

    worker.start(*args)


def render(*args: Any) -> RenderedDocument:
    """Make one document in a renderer process (worker.render)."""
    from gkportal.documents import worker

    return worker.render(*args)
