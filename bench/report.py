"""Results: rows, the table, and the JSON that is kept."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

OK, MISS, INFO, FAILED = "ok", "MISS", "", "not measured"


@dataclass(slots=True)
class Row:
    """One line of the table. `ratio` is compared with `bar` (`most` or `least`); without a bar it only informs."""

    key: str
    what: str
    product: str
    floor: str
    ratio: float | None = None
    bar: float | None = None
    least: bool = False
    note: str = ""
    raw: dict[str, Any] = field(default_factory=dict)
    failed: bool = False

    @property
    def verdict(self) -> str:
        """ok, MISS, not measured, or nothing for a row without a bar."""
        if self.failed:
            return FAILED
        if self.bar is None or self.ratio is None:
            return INFO
        good = self.ratio >= self.bar if self.least else self.ratio <= self.bar
        return OK if good else MISS

    @property
    def bar_text(self) -> str:
        """`≤ 2` or `≥ 0.5`."""
        return "" if self.bar is None else f"{'≥' if self.least else '≤'} {self.bar:g}"

    @property
    def ratio_text(self) -> str:
        """Two digits after the point below ten."""
        return "" if self.ratio is None else f"{self.ratio:.2f}" if self.ratio < 10 else f"{self.ratio:.1f}"

    def cells(self) -> list[str]:
        """The line as texts."""
        last = self.verdict + (f" {self.note}" if self.note else "")
        return [self.key, self.what, self.product, self.floor, self.ratio_text, self.bar_text, last.strip()]


HEADINGS = ["", "what", "product", "floor", "ratio", "bar", ""]


def ms(value: float) -> str:
    """Milliseconds for people."""
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def table(rows: list[Row]) -> str:
    """Aligned columns for a terminal."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(_width(line[place]) for line in lines) for place in range(len(HEADINGS))]
    shown = [
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([shown[0], "-" * max(map(_width, shown)), *shown[1:]])


def markdown(rows: list[Row]) -> str:
    """The same for docs/performance.md."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    from gkportal.core.db import peewee

    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "at": time.strftime("%Y-%m-%d %H:%M"), "python": sys.version.split()[0], "sqlite": peewee.sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.machine()}", "cores": os.cpu_count(), "load_before": os.getloadavg()[0],
        "commit": commit.stdout.strip(),
    }  # fmt: skip


def keep(folder: Path, rows: list[Row], facts: dict[str, Any]) -> Path:
    """Write `latest.json`, `latest.md` and a dated copy; returns the JSON's path."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = [asdict(row) | {"verdict": row.verdict} for row in rows]
    text = json.dumps({"machine": facts, "rows": listed}, ensure_ascii=False, indent=1)
    (folder / f"{time.strftime('%Y%m%d-%H%M%S')}.json").write_text(text)
    (folder / "latest.md").write_text(markdown(rows) + "\n")
    latest = folder / "latest.json"
    latest.write_text(text)
    return latest
