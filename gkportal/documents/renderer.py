"""The door to the renderer processes."""

from __future__ import annotations

import multiprocessing
import re
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from gkportal.documents import orders
from gkportal.documents.errors import DocumentError, DocumentUnavailable
from gkportal.documents.faces import DEBIAN_RARE_FONTS, missing_files
from gkportal.documents.orders import RenderedDocument, WorkerSettings
from gkportal.documents.picture_kinds import picture_suffix

#: All text of one document together, in characters: about 40 full pages.
MAX_TEXT = 60_000
#: A process is renewed after this many documents, so that a slow leak stays small.
_TASKS_PER_PROCESS = 500
#: How many time limits a document may wait for its turn.
_TURNS = 4

_FORM_NAME = re.compile(r"[a-z0-9_]+(?:/[a-z0-9][a-z0-9_-]*)+")
_IMAGE_NAME = re.compile(r"[a-z][a-z0-9_]*")


def _texts(value: object, where: str = "context") -> Iterator[str]:
    """Every string in JSON-like data; TypeError for anything that is not."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"{where}: key {key!r} is not a string")
            yield from _texts(item, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from _texts(item, f"{where}[{place}]")
    elif value is not None and not isinstance(value, (bool, int, float)):
        raise TypeError(f"{where}: {type(value).__name__} is not JSON-like data")


def _check_text(context: dict) -> None:
    """Refuse what would only run into the time limit."""
    total = sum(map(len, _texts(context)))
    if total > MAX_TEXT:
        raise DocumentError(
            f"内容共 {total:,} 字，超过一份文件的上限 {MAX_TEXT:,} 字，请精简后再试。", [f"text of {total} characters"]
        )


def _place_images(images: Mapping[str, bytes], folder: Path) -> dict[str, str]:
    """Write the pictures for the renderer; returns name → file name."""
    placed = {}
    for number, (name, data) in enumerate(images.items()):
        if not _IMAGE_NAME.fullmatch(name):
            raise ValueError(f"image name {name!r}")
        suffix = picture_suffix(data)
        if suffix is None:
            raise DocumentError(
                "照片不是 JPEG 或 PNG 图片，无法印出，请重新上传照片。", [f"image {name}: unknown format"]
            )
        placed[name] = f"image-{number}.{suffix}"
        (folder / placed[name]).write_bytes(data)
    return placed


class DocumentRenderer:
    """Makes PDFs from `template_dir` (`templates/documents`) in worker processes.

    Safe to share between threads. Processes start at the first document and stop with `close()`. `timeout_s` is the
    limit of one document, in seconds; a process that exceeds it is killed and replaced. `rare_fonts` are TrueType files
    asked, in order, for characters the main faces lack; Debian's fonts-hanazono, where installed, are asked after them.
    """

    def __init__(
        self,
        template_dir: Path | str,
        font_dir: Path | str,
        *,
        workers: int = 1,
        timeout_s: float = 60,
        rare_fonts: Sequence[Path | str] = (),
    ) -> None:
        rare = (*map(Path, rare_fonts), *DEBIAN_RARE_FONTS)
        self._settings = WorkerSettings(Path(template_dir), Path(font_dir), rare, timeout_s)
        self._workers = workers
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._closed = False

    def render(self, form: str, context: dict, *, images: Mapping[str, bytes] | None = None) -> RenderedDocument:
        """Fill in `<form>.html` with `context` (JSON-like data) and typeset it.

        `images` maps names to JPEG or PNG bytes; the template reads `images.<name>`. Raises DocumentError when the
        content cannot be printed as it is, DocumentUnavailable when it could not be made now.
        """
        if not _FORM_NAME.fullmatch(form):
            raise ValueError(f"form name {form!r}")
        _check_text(context)
        with tempfile.TemporaryDirectory(prefix="gkportal-document-") as name:
            folder = Path(name).resolve()
            arguments = (form, context, _place_images(images or {}, folder), folder)
            try:
                return self._run(arguments)
            except (BrokenProcessPool, RuntimeError):
                # The pool gives up when a process dies while idle; a fresh one is right, and once is enough.
                self._drop_pool()
            try:
                return self._run(arguments)
            except (BrokenProcessPool, RuntimeError) as error:
                self._drop_pool()
                raise DocumentUnavailable("生成文件的程序没有启动，请稍后再试。", [type(error).__name__]) from error

    def _run(self, arguments: tuple) -> RenderedDocument:
        limit = self._settings.timeout_s
        task = self._running_pool().schedule(orders.render, args=arguments, timeout=limit)
        try:
            return task.result(timeout=limit * _TURNS)
        except FutureTimeout as error:
            if task.done():
                raise DocumentUnavailable(
                    f"生成文件超过 {limit:g} 秒，已停止。请精简内容后再试，仍不行请联系系统管理员。", ["time limit"]
                ) from error
            task.cancel()
            raise DocumentUnavailable("等待生成文件的人较多，请稍后再试。", ["queue"]) from error
        except ProcessExpired as error:
            raise DocumentUnavailable(
                "生成文件时程序意外中断，请再试一次。", [f"exit code {error.exitcode}"]
            ) from error

    def _running_pool(self) -> ProcessPool:
        with self._lock:
            if self._closed:
                raise DocumentUnavailable("系统正在停止，暂时不能生成文件。", ["closed"])
            if self._pool is None:
                self._check_installation()
                self._pool = ProcessPool(
                    max_workers=self._workers,
                    max_tasks=_TASKS_PER_PROCESS,
                    initializer=orders.start,
                    initargs=(self._settings,),
                    context=multiprocessing.get_context("spawn"),
                )
            return self._pool

    def _check_installation(self) -> None:
        missing = missing_files(self._settings.font_dir)
        if missing:
            raise DocumentUnavailable(
                f"缺少字体文件 {'、'.join(missing)}，无法生成文件。请系统管理员运行 make setup。", ["fonts missing"]
            )

    def _drop_pool(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()
            pool.join()

    def close(self) -> None:
        """Stop the processes. Documents in the making are given up."""
        self._closed = True
        self._drop_pool()
