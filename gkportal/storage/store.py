"""Files by content: `<root>/ab/cd/abcd…` where the name is the SHA-256 of the bytes.

The order that survives kill -9 and power loss (security.md §1 row 3): temp file on the same filesystem, write,
flush, fsync, rename, fsync of the folders — and only then the caller writes its database row. What is left
over by a crash (temp files, files that never got a row) is removed by `sweep`.

Files are never deleted while requests run: a row for the same content may be on its way. `sweep` spares what
is young, and storing a content again makes it young.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from gkportal.storage.errors import (
    DiskFull,
    EmptyFile,
    FileDamaged,
    FileTooLarge,
    UploadCut,
    from_os_error,
)

CHUNK = 256 * 1024
#: Files up to this size are hashed before they are handed out: 32 MB take about 30 ms.
VERIFY_LIMIT = 32 * 1024 * 1024
#: Uploads stop while the database and its log still have room (R7).
RESERVE = 64 * 1024 * 1024

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEMP = "tmp"


class Readable(Protocol):
    """Anything with `read(n) -> bytes`."""

    def read(self, size: int = ..., /) -> bytes:
        """At most `size` bytes; empty at the end."""
        ...


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A content in the store: hex SHA-256 and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A received file that is not in the store yet; it lives as long as the `stage` block."""

    path: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep saw: files kept, and the hashes, temp names and bytes removed; known but missing hashes."""

    kept: int
    orphans: tuple[str, ...]
    temps: tuple[str, ...]
    freed_bytes: int
    missing: tuple[str, ...]

    @property
    def removed(self) -> int:
        """How many files were removed."""
        return len(self.orphans) + len(self.temps)


class FileStore:
    """Content-addressed files below `root` (made with mode 0700; files 0600). Safe for threads."""

    def __init__(self, root: Path | str, *, reserve_bytes: int = RESERVE) -> None:
        self.root = Path(root)
        self.reserve_bytes = reserve_bytes
        self._temp = self.root / _TEMP
        self._lock = threading.Lock()  # a sweep never runs between a rename and its new age

    # --- writing -------------------------------------------------------------------------------------------

    def put(
        self,
        source: Readable | Path | str,
        *,
        max_bytes: int,
        prefix_hash: str | None = None,
        expected_size: int | None = None,
    ) -> StoredFile:
        """Store the bytes of `source`; on return they are on disk. Storing a content twice is harmless.

        `prefix_hash`: hex digits the SHA-256 must begin with (a print-lock's short hash, a backup's list).
        `expected_size`: announced bytes. A mismatch of either is `UploadCut`.
        Raises FileTooLarge, EmptyFile, UploadCut, DiskFull, ReadOnlyDisk, WriteFailed; nothing stays then.
        """
        with self.stage(source, max_bytes=max_bytes, prefix_hash=prefix_hash, expected_size=expected_size) as staged:
            return self.keep(staged)

    @contextmanager
    def stage(
        self,
        source: Readable | Path | str,
        *,
        max_bytes: int,
        prefix_hash: str | None = None,
        expected_size: int | None = None,
    ) -> Iterator[StagedFile]:
        """Receive `source` into a temp file that is gone when the block ends, unless `keep` took it over.

        For files that are inspected before they are stored. Raises as `put`.
        """
        temp = self._temp / f"{int(time.time())}-{secrets.token_hex(8)}"
        try:
            staged = self._receive(source, temp, max_bytes)
            if expected_size not in (None, staged.size) or not staged.sha256.startswith((prefix_hash or "").lower()):
                raise UploadCut
            if staged.size == 0:
                raise EmptyFile
            yield staged
        finally:
            _remove_quietly(temp)

    def keep(self, staged: StagedFile) -> StoredFile:
        """Move a staged file into the store, durable. Raises DiskFull, ReadOnlyDisk, WriteFailed."""
        target = self.path(staged.sha256)
        try:
            self._make_dirs(target.parent)
            with self._lock:
                _replace(staged.path, target)
            for folder in (target.parent, target.parent.parent, self.root):
                _sync_dir(folder)
        except OSError as error:
            raise from_os_error(error) from error
        return StoredFile(staged.sha256, staged.size)

    def _receive(self, source: Readable | Path | str, temp: Path, max_bytes: int) -> StagedFile:
        try:
            self._make_dirs(self._temp)
            if self.free_bytes() < self.reserve_bytes:
                raise DiskFull
            with _opened(source) as stream, _create(temp) as out:
                sha256, size = _copy(_reader(stream), out.write, max_bytes)
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise from_os_error(error) from error
        return StagedFile(temp, sha256, size)

    def _make_dirs(self, folder: Path) -> None:
        for part in (self.root, *reversed([p for p in folder.parents if self.root in p.parents]), folder):
            part.mkdir(mode=0o700, exist_ok=True, parents=part == self.root)

    # --- reading -------------------------------------------------------------------------------------------

    def path(self, sha256: str) -> Path:
        """Where the content lies or would lie. FileDamaged when `sha256` is no SHA-256."""
        if not _SHA256.fullmatch(sha256):
            raise FileDamaged
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def open(self, sha256: str) -> BinaryIO:
        """The content, opened for reading at its start; hashed first up to VERIFY_LIMIT bytes (R21).

        Raises FileDamaged when it is missing or its bytes are not those of the hash.
        """
        try:
            stream = self.path(sha256).open("rb")
        except OSError as error:
            raise FileDamaged from error
        try:
            if os.fstat(stream.fileno()).st_size <= VERIFY_LIMIT:
                if _hash(stream) != sha256:
                    raise FileDamaged
                stream.seek(0)
        except (OSError, FileDamaged) as error:
            stream.close()
            raise FileDamaged from error
        return stream

    def read(self, sha256: str) -> bytes:
        """The whole verified content; for small files such as photos. Raises FileDamaged."""
        with self.open(sha256) as stream:
            return stream.read()

    def verify(self, sha256: str) -> bool:
        """Whether the content, whatever its size, is there and sound (the nightly check lists those that are not)."""
        try:
            return is_sound(self.path(sha256))
        except FileDamaged:
            return False

    def size(self, sha256: str) -> int:
        """Bytes of the content. Raises FileDamaged when it is missing."""
        try:
            return self.path(sha256).stat().st_size
        except OSError as error:
            raise FileDamaged from error

    def exists(self, sha256: str) -> bool:
        """Whether the content is there (not whether it is sound)."""
        return self.path(sha256).is_file()

    def free_bytes(self) -> int:
        """Bytes an upload could still take on the store's disk, 0 when the disk has no free inode."""
        folder = next(p for p in (self.root, *self.root.absolute().parents) if p.exists())
        if hasattr(os, "statvfs"):
            facts = os.statvfs(folder)
            if facts.f_files and not facts.f_favail:
                return 0
        return shutil.disk_usage(folder).free

    # --- clearing ------------------------------------------------------------------------------------------

    def delete(self, sha256: str) -> bool:
        """Remove the content now; True when it was there. Only where no row can be on its way (see module)."""
        try:
            with self._lock:
                self.path(sha256).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise from_os_error(error) from error
        return True

    def sweep(self, known: Iterable[str], older_than_s: float = 24 * 3600) -> SweepReport:
        """Remove temp files and contents without a row (I2), if untouched for `older_than_s` seconds.

        `known`: the hashes in all rows, read before the call; `older_than_s` must exceed the longest request.
        Also names the known hashes whose file is missing.
        """
        missing = set(known)
        wanted = frozenset(missing)
        limit = time.time() - older_than_s
        kept, freed, orphans, temps = 0, 0, [], []
        for path in self._files():
            if path.name in wanted and path.parent != self._temp:
                missing.discard(path.name)
                kept += 1
                continue
            size = self._remove_if_older(path, limit)
            if size is None:
                kept += path.parent != self._temp
                continue
            freed += size
            (temps if path.parent == self._temp else orphans).append(path.name)
        return SweepReport(kept, tuple(orphans), tuple(temps), freed, tuple(sorted(missing)))

    def _files(self) -> Iterator[Path]:
        for folder, _dirs, names in os.walk(self.root):
            for name in names:
                if _SHA256.fullmatch(name) or Path(folder) == self._temp:
                    yield Path(folder, name)

    def _remove_if_older(self, path: Path, limit: float) -> int | None:
        with self._lock:
            try:
                facts = path.stat()
                if facts.st_mtime > limit:
                    return None
                path.unlink()
            except OSError:
                return None  # gone meanwhile, or open on Windows: the next sweep sees it
        return facts.st_size


def _create(path: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


@contextmanager
def _opened(source: Readable | Path | str) -> Iterator[Readable]:
    if isinstance(source, str | Path):
        with open(source, "rb") as stream:
            yield stream
    else:
        yield source


def _reader(stream: Readable) -> Callable[[], bytes]:
    """Reads a chunk; an error of the client's side is `UploadCut`, not an error of our disk."""

    def read() -> bytes:
        try:
            return stream.read(CHUNK)
        except (OSError, EOFError, ValueError) as error:
            raise UploadCut from error

    return read


def _copy(read: Callable[[], bytes], write: Callable[[bytes], object], max_bytes: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := read():
        size += len(chunk)
        if size > max_bytes:
            raise FileTooLarge(max_bytes)
        digest.update(chunk)
        write(chunk)
    return digest.hexdigest(), size


def is_sound(path: Path) -> bool:
    """Whether a file of the store is there and its bytes are those of its name."""
    try:
        with path.open("rb") as stream:
            return _hash(stream) == path.name
    except OSError:
        return False


def _hash(stream: BinaryIO) -> str:
    return hashlib.file_digest(stream, "sha256").hexdigest()


def _replace(temp: Path, target: Path) -> None:
    """Rename over `target`, which heals a damaged one; its age starts anew (the temp file is young)."""
    try:
        os.replace(temp, target)
    except PermissionError:
        # Windows refuses while somebody reads the old file. If that one is sound, it is what we wanted.
        if not is_sound(target):
            raise
        os.utime(target)


def _sync_dir(folder: Path) -> None:
    if os.name == "nt":
        return  # folders cannot be opened there; NTFS journals the rename
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_quietly(path: Path) -> None:
    with suppress(OSError):  # the sweep removes it later; the error that brought us here matters more
        path.unlink(missing_ok=True)
