"""The door to inspection: files are opened only in a child process with limits on memory and time."""

from __future__ import annotations

import logging
import multiprocessing
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import TimeoutError as TaskTimeout
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from gkportal.storage.clamd import scan
from gkportal.storage.errors import InspectionBusy, PageUnavailable, from_os_error
from gkportal.storage.inspection import limits, tasks
from gkportal.storage.inspection.result import Inspection, refused
from gkportal.storage.inspection.rules import PhotoRule

log = logging.getLogger(__name__)

_PREFIX = "gk-clean-"
_TOO_HEAVY = (
    "文件过于复杂，服务器在规定的时间和内存内无法打开，没有保存。"
    "请降低扫描分辨率（建议 200～300 dpi）或分开扫描后重新上传。"
)


class _TaskFailed(Exception):
    """The child ran out of time or memory, or died."""


class Inspector:
    """Inspects files and draws page pictures in `workers` child processes, started at the first use.

    Before inspection a file is shown to the virus scanner at `clamd` (None: GKPORTAL_CLAMD; empty: none).
    One task may take `timeout_s` seconds. At most `waiting` callers wait; more get InspectionBusy. Safe for
    threads. `close` ends the children.
    """

    def __init__(
        self,
        workers: int = 1,
        timeout_s: float = 30,
        *,
        waiting: int = 32,
        temp_dir: Path | None = None,
        tasks_per_child: int = 200,
        clamd: str | None = None,
    ) -> None:
        self.timeout_s = timeout_s
        self._workers = workers
        self._tasks_per_child = tasks_per_child
        self._clamd = clamd
        self._temp_dir = temp_dir
        self._pool: ProcessPool | None = None
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(workers + waiting)

    def inspect_pdf(self, path: Path | str) -> Inspection:
        """Check an uploaded PDF; use the answer in a `with` block. Raises InspectionBusy, StorageError."""
        return self._inspect(tasks.pdf, Path(path), ".pdf", self.timeout_s)

    def inspect_photo(self, path: Path | str, rule: PhotoRule | None = None) -> Inspection:
        """Check an uploaded ID photo; the answer's `path` is the re-encoded copy. Raises as `inspect_pdf`."""
        return self._inspect(tasks.photo, Path(path), ".jpg", rule or PhotoRule())

    def render_page(self, path: Path | str, page: int = 1, width: int = 1000) -> bytes:
        """JPEG of one page (from 1) of a stored PDF or photo, `width` pixels wide. Raises PageUnavailable."""
        return self._picture(Path(path), page, max(16, min(width, 2400)), 82)

    def thumbnail(self, path: Path | str, page: int = 1, width: int = 160) -> bytes:
        """A small JPEG of one page. Raises PageUnavailable, InspectionBusy."""
        return self._picture(Path(path), page, max(16, min(width, 600)), 75)

    def close(self) -> None:
        """End the children; a later call starts new ones."""
        if self._pool is not None:
            self._discard(self._pool)

    def _inspect(self, task: Callable[..., Inspection], path: Path, suffix: str, extra: object) -> Inspection:
        scanned = scan(path, address=self._clamd)
        if not scanned.ok:
            return refused("virus" if scanned.scanned else "no_scanner", scanned.refusal or "")
        try:
            clean = self._clean_path(suffix)
        except OSError as error:
            raise from_os_error(error) from error
        answer: Inspection | None = None
        try:
            answer = self._run(task, path, clean, extra)
        except _TaskFailed:
            return refused("too_heavy", _TOO_HEAVY)
        except OSError as error:
            raise from_os_error(error) from error
        finally:
            if answer is None or not answer.cleaned:
                clean.unlink(missing_ok=True)
        return answer

    def _picture(self, path: Path, page: int, width: int, quality: int) -> bytes:
        try:
            return self._run(tasks.picture, path, page, width, quality)
        except (_TaskFailed, OSError, ValueError) as error:
            raise PageUnavailable from error
        except IndexError as error:
            raise PageUnavailable(f"没有第{page}页。") from error

    def _run(self, task: Callable[..., Any], *args: Any) -> Any:
        if not self._places.acquire(blocking=False):
            raise InspectionBusy
        try:
            return self._schedule(task, *args)
        except (TaskTimeout, ProcessExpired, MemoryError) as error:
            log.warning("inspection task ended: %s", type(error).__name__)
            raise _TaskFailed from error
        finally:
            self._places.release()

    def _schedule(self, task: Callable[..., Any], *args: Any) -> Any:
        pool = self._running()
        try:
            return pool.schedule(task, args=(self.timeout_s, *args), timeout=self.timeout_s).result()
        except (BrokenProcessPool, RuntimeError) as error:
            if pool.active and not isinstance(error, BrokenProcessPool):
                raise
        # The idle child was ended from outside (memory pressure), which breaks the whole pool: start anew, once.
        log.warning("inspection children were ended; starting new ones")
        self._discard(pool)
        try:
            return self._running().schedule(task, args=(self.timeout_s, *args), timeout=self.timeout_s).result()
        except BrokenProcessPool as error:
            raise _TaskFailed from error

    def _discard(self, pool: ProcessPool) -> None:
        with self._lock:
            if self._pool is pool:
                self._pool = None
        pool.stop()
        pool.join()

    def _running(self) -> ProcessPool:
        with self._lock:
            if self._pool is None:
                self._sweep()
                self._pool = ProcessPool(
                    max_workers=self._workers,
                    max_tasks=self._tasks_per_child,
                    initializer=limits.confine,
                    # A forked child of a threaded server may hang on a lock; a spawned one starts clean.
                    context=multiprocessing.get_context("spawn"),
                )
            return self._pool

    def _folder(self) -> Path:
        folder = self._temp_dir or Path(tempfile.gettempdir())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def _sweep(self) -> None:
        """Remove clean copies that a crash left behind."""
        for path in self._folder().glob(_PREFIX + "*"):
            with suppress(OSError):
                if path.stat().st_mtime < time.time() - 3600:
                    path.unlink()

    def _clean_path(self, suffix: str) -> Path:
        path = self._folder() / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(8)}{suffix}"
        # Made here and only for us: the child fills it.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return path
