"""The process itself: start to first page, memory when idle, memory after load."""

from __future__ import annotations

from bench import load
from bench.load import Target
from bench.measures.pages import LIST, spread
from bench.measures.searches import SEARCHES, search_calls
from bench.report import Row
from bench.stats import quantile
from bench.yard import Yard

STARTS = 5


def start_and_idle(yard: Yard) -> list[Row]:
    """G17: start to first signed-in page, floor and product in turn. G15: resident memory after that page."""
    ours, base, memory = [], [], []
    folder = yard.instance("small", "starts")
    for number in range(yard.rounds(STARTS) + 1):
        floor = yard.start_floor()
        floor.server.stop()
        product = yard.start_product(folder)
        product.server.stop()
        if number:  # the first pair compiles modules and fills the disk cache
            base.append(floor.server.started_s)
            ours.append(product.server.started_s)
            memory.append(product.idle_mb)
    mine, theirs = quantile(ours, 0.5), quantile(base, 0.5)
    idle = quantile(memory, 0.5)
    return [
        Row("G17", "start to first signed-in page", f"{mine:.2f} s", f"{theirs:.2f} s", mine / theirs, 4, raw={"p": ours, "f": base}),
        Row("G15", "idle memory, one process", f"{idle:.0f} MB", "100 MB", idle / 100, 1, note="absolute bar", raw={"mb": memory}),
    ]  # fmt: skip


def after_load(yard: Yard) -> list[Row]:
    """G16: memory after 8 clients have walked through lists and searches of the largest database."""
    product = yard.product("large")
    product.server.rss_mb()
    calls = [product.get("clerk0", LIST), product.get("city", LIST)]
    for search in SEARCHES:
        calls += search_calls(product, search)
    target = Target("product", product.server.port, tuple(calls))
    done = load.run(load.plan_of("rush", [target], clients=8, seconds=10.0 if yard.quick else 30.0, once=False))
    spread("product", done)
    after = product.server.rss_mb()
    what = f"memory after {len(done['seconds']):,} pages, 8 clients, {yard.people('large')}"
    return [
        Row("G16", what, f"{after:.0f} MB", f"{product.idle_mb:.0f} MB idle", after / product.idle_mb, 2,
            raw={"after": after, "idle": product.idle_mb, "pages": len(done["seconds"])})
    ]  # fmt: skip
