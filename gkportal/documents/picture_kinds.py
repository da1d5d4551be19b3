"""Which pictures a document takes; apart from pictures.py, so that the server need not load the image library."""

from __future__ import annotations

#: Signature bytes of what may be embedded: never SVG, PDF or anything else that is read as a language.
_SIGNATURES = {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}


def picture_suffix(data: bytes) -> str | None:
    """`jpg` or `png` by content, None for anything else."""
    return next((suffix for start, suffix in _SIGNATURES.items() if data.startswith(start)), None)
