"""The measures: each module has functions that take the yard and return rows. `MEASURES` lists them in run order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.measures import documents, pages, process, searches, uploads, writes
from bench.report import Row
from bench.yard import Yard


@dataclass(frozen=True, slots=True)
class Measure:
    """Keys as in performance.md (or a word), what it is, and the function."""

    keys: tuple[str, ...]
    what: str
    run: Callable[[Yard], list[Row]]


MEASURES = (
    Measure(("G17", "G15"), "start to first page, idle memory", process.start_and_idle),
    Measure(("G1",), "list page", pages.list_page),
    Measure(("G9",), "throughput of the list page", pages.throughput),
    Measure(("G10",), "template part of the page", pages.template_part),
    Measure(("picker", "inbox", "cases", "detail"), "other pages", pages.other_pages),
    Measure(("autosave", "G11"), "form save, submit rush", writes.saves),
    Measure(("G14",), "upload of 10 MB", uploads.upload),
    Measure(("pdf",), "PDF of the 审批表", documents.form),
    Measure(("G2",), "list page, small against large", pages.small_against_large),
    Measure(("G8",), "every search and a far page", searches.searches),
    Measure(("G16",), "memory after load", process.after_load),
)
