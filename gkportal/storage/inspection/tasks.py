"""What the child process runs. The libraries are imported here, in the child, never in the server."""

from __future__ import annotations

from pathlib import Path

from gkportal.storage.inspection import limits
from gkportal.storage.inspection.result import Inspection
from gkportal.storage.inspection.rules import PhotoRule


def pdf(cpu_s: float, path: Path, clean_path: Path, seconds: float) -> Inspection:
    """See pdf.inspect_pdf."""
    from gkportal.storage.inspection.pdf import inspect_pdf

    limits.allow_cpu(cpu_s)
    return inspect_pdf(path, clean_path, seconds)


def photo(cpu_s: float, path: Path, clean_path: Path, rule: PhotoRule) -> Inspection:
    """See photo.inspect_photo."""
    from gkportal.storage.inspection.photo import inspect_photo

    limits.allow_cpu(cpu_s)
    return inspect_photo(path, clean_path, rule)


def picture(cpu_s: float, path: Path, page: int, width: int, quality: int) -> bytes:
    """See pages.render."""
    from gkportal.storage.inspection.pages import render

    limits.allow_cpu(cpu_s)
    return render(path, page, width, quality)
