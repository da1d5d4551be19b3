"""The way of an upload: received beside the store, scanned, inspected, and only then kept.

Whatever fails on the way, nothing stays (R16); the caller writes its row after `receive_*` returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gkportal.storage.clamd import scan
from gkportal.storage.inspection import Inspection, Inspector, PhotoRule
from gkportal.storage.names import clean_filename, extension_refusal
from gkportal.storage.store import FileStore, Readable, StoredFile

MAX_PDF_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Intake:
    """`stored` is None when the file was refused; then `refusal` is the sentence. `name` is the cleaned label.

    `original_sha256` is the hash of what was sent, before cleaning: equal for the same file in two slots.
    """

    name: str
    stored: StoredFile | None = None
    refusal: str | None = None
    inspection: Inspection | None = None
    original_sha256: str = ""


def receive_pdf(
    store: FileStore,
    inspector: Inspector,
    stream: Readable,
    name: str,
    *,
    max_bytes: int = MAX_PDF_BYTES,
    clamd: str | None = None,
) -> Intake:
    """Take in a PDF. Raises StorageError (too large, disk full, busy …)."""
    return _receive(store, stream, name, ("pdf",), max_bytes, clamd, inspector.inspect_pdf)


def receive_photo(
    store: FileStore,
    inspector: Inspector,
    stream: Readable,
    name: str,
    *,
    rule: PhotoRule | None = None,
    clamd: str | None = None,
) -> Intake:
    """Take in an ID photo. A larger file than the rule allows still gets the photo's own sentence up to 20 MB."""
    rule = rule or PhotoRule()

    def inspect(path: Path) -> Inspection:
        return inspector.inspect_photo(path, rule)

    return _receive(store, stream, name, ("jpg", "jpeg"), MAX_PDF_BYTES, clamd, inspect)


def _receive(
    store: FileStore,
    stream: Readable,
    name: str,
    extensions: tuple[str, ...],
    max_bytes: int,
    clamd: str | None,
    inspect: Callable[[Path], Inspection],
) -> Intake:
    label = clean_filename(name)
    with store.stage(stream, max_bytes=max_bytes) as staged:
        scanned = scan(staged.path, address=clamd)
        if not scanned.ok:
            return Intake(label, refusal=scanned.refusal)
        with inspect(staged.path) as inspection:
            # The content's own sentence tells more (what it is, how to convert it), so the name comes second.
            refusal = inspection.refusal or extension_refusal(label, extensions)
            if refusal is not None or inspection.path is None:
                return Intake(label, None, refusal, inspection)
            if inspection.cleaned:
                stored = store.put(inspection.path, max_bytes=max_bytes * 4)
            else:
                stored = store.keep(staged)
            return Intake(label, stored, None, inspection, staged.sha256)
