"""Bodies that cannot be received are answered by the application, in words.

waitress by itself drops the connection when its temp file cannot be written, and answers in English while the browser
is still sending when a body is too large; the browser then shows a network error. Here the rest of such a body is
read and thrown away, and the application answers with the sentence (R7, ASVS 5.2.1).
"""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Any

from flask import Flask, request
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer

from gkportal.core.errors import GkError
from gkportal.storage.errors import DiskFull, FileTooLarge

#: A body this many times too large is cut off at once instead of read to its end.
_DRAIN_FACTOR = 10
_HEADER = "X_GK_NOT_RECEIVED"
_NO_SPACE, _TOO_LARGE = "no-space", "too-large"


class Sink:
    """A body that is thrown away; it looks empty."""

    def append(self, data: bytes) -> None:
        """Forget the data."""

    def __len__(self) -> int:
        return 0

    def getfile(self) -> Any:
        """An empty file."""
        return io.BytesIO()

    def close(self) -> None:
        """Nothing is open."""


class Parser(HTTPRequestParser):
    """waitress's parser, which goes on reading when a body cannot be kept."""

    def received(self, data: bytes) -> int:
        """Take some bytes; the number of those used."""
        try:
            used = super().received(data)
        except OSError:  # the temp file: disk full, read-only or failing
            if self.body_rcv is None or self.chunked:
                raise
            self._give_up(_NO_SPACE)
            used = super().received(data)
        if self.completed and _HEADER in self.headers:
            self.headers["CONTENT_LENGTH"] = "0"
            self.error = None
        return used

    def parse_header(self, header_plus: bytes) -> None:
        """Read the header; a body announced as too large is taken in, but not kept."""
        super().parse_header(header_plus)
        self.headers.pop(_HEADER, None)
        limit = self.adj.max_request_body_size
        if self.body_rcv is not None and limit <= self.content_length < limit * _DRAIN_FACTOR:
            self._give_up(_TOO_LARGE)
            self.content_length = 0

    def _give_up(self, why: str) -> None:
        self.headers[_HEADER] = why
        with suppress(OSError):
            self.body_rcv.buf.close()
        self.body_rcv.buf = Sink()
        self.adj = _Unlimited(self.adj)


class _Unlimited:
    """The settings, without the limit that the sink need not keep."""

    def __init__(self, adj: Any) -> None:
        self._adj = adj
        self.max_request_body_size = adj.max_request_body_size * _DRAIN_FACTOR

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adj, name)


class Channel(HTTPChannel):
    """A connection that reads with that parser."""

    parser_class = Parser


def install(app: Flask, server: Any, *, upload_max_mb: int) -> None:
    """Let `server` (of waitress) receive this way, and `app` answer for what was not received."""
    for part in (server, *getattr(server, "map", {}).values()):  # several when the address is a name
        if isinstance(part, BaseWSGIServer):
            part.channel_class = Channel

    def refuse() -> None:
        why = request.environ.get(f"HTTP_{_HEADER}")
        if why:
            raise _error(why, upload_max_mb)

    # Before everything else: the CSRF token may have been in the body that is not there.
    app.before_request_funcs.setdefault(None, []).insert(0, refuse)


def _error(why: str, upload_max_mb: int) -> GkError:
    return FileTooLarge(upload_max_mb * 1024 * 1024) if why == _TOO_LARGE else DiskFull()
