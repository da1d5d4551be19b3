"""Many stored files as one zip, written while it is being sent; memory stays flat."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from gkportal.storage.names import split_extension, unique_names
from gkportal.storage.store import is_sound

CHUNK = 256 * 1024
_MISSING = "这份文件在服务器上已损坏或缺失，没有装入压缩包。请联系系统管理员。\n"


class _Buffer:
    """What zipfile writes to: an unseekable stream whose bytes are taken out after each step."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep `data` until `take`."""
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do; zipfile calls it."""

    def take(self) -> bytes:
        """Everything written since the last call."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def zip_stream(entries: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    """The bytes of a zip of `(name inside, path in the store)`; names are UTF-8, repeated ones are numbered.

    Files are stored, not deflated: PDF and JPEG do not shrink. A missing or damaged file becomes a text entry that
    says so (R21: others are unaffected). Names must come from `names.member_name`.
    """
    buffer = _Buffer()
    rows = list(entries)
    names = unique_names(name for name, _path in rows)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[arg-type]
        for name, (_name, path) in zip(names, rows, strict=True):
            yield from _member(archive, buffer, name, path)
            yield buffer.take()
    yield buffer.take()


def _member(archive: zipfile.ZipFile, buffer: _Buffer, name: str, path: Path) -> Iterator[bytes]:
    if not is_sound(path):
        archive.writestr(_info(split_extension(name)[0] + "（文件缺失）.txt"), _MISSING)
        return
    with path.open("rb") as source:
        info = _info(name)
        info.file_size = path.stat().st_size
        with archive.open(info, "w") as target:
            while chunk := source.read(CHUNK):
                target.write(chunk)
                yield buffer.take()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, time.localtime()[:6])
    info.external_attr = 0o600 << 16
    return info
