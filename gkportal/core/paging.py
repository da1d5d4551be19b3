"""Pages of a list: capped counts, page sizes, and what the pager shows (X-52, performance.md B3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PAGE_SIZES = (10, 20, 50, 100)
COUNT_CAP = 1_000


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rows. `total` is exact up to COUNT_CAP; above it `capped` is true and 共 1000+ 条 is shown."""

    rows: list[Any]
    number: int
    size: int
    total: int
    capped: bool = False
    has_next: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        """How many pages are known."""
        return max(1, -(-self.total // self.size))

    @property
    def total_label(self) -> str:
        """`412` or `1000+`."""
        return f"{COUNT_CAP}+" if self.capped else str(self.total)

    @property
    def has_previous(self) -> bool:
        """Whether a page comes before."""
        return self.number > 1

    @property
    def first_index(self) -> int:
        """序号 of the first row, from 1."""
        return (self.number - 1) * self.size + 1

    @property
    def numbers(self) -> list[int | None]:
        """Page numbers to offer; None stands for …"""
        last, here = self.pages, self.number
        wanted = sorted({n for n in (1, 2, here - 1, here, here + 1, last) if 1 <= n <= last})
        shown: list[int | None] = []
        for number in wanted:
            if shown and shown[-1] is not None and number - shown[-1] > 1:
                shown.append(None)
            shown.append(number)
        return shown


def read_page(args: Any, default_size: int = 10) -> tuple[int, int]:
    """(page number, page size) from request arguments; nonsense becomes the default, never an error."""
    try:
        number = max(1, int(args.get("page", 1)))
    except (TypeError, ValueError):
        number = 1
    try:
        size = int(args.get("per_page", default_size))
    except (TypeError, ValueError):
        size = default_size
    return min(number, 1_000_000), size if size in PAGE_SIZES else default_size
