"""Pages that are read: list page, its template, its throughput, and the other lists."""

from __future__ import annotations

import json

from bench import load
from bench.load import Call, Target
from bench.report import Row, ms
from bench.stats import Spread, quantile
from bench.yard import NotThere, Yard, run_python

LIST = "/roster?per_page=20"
WARM_UP = 15
#: The list bar of G1 is applied to the other pages, too: none of them has one of its own in performance.md.
LIST_BAR = 2.0
BLOCK_S = 3.0
BLOCKS = 5


def compare(targets: dict[str, tuple[int, list[Call]]], rounds: int, warm_up: int = WARM_UP) -> dict[str, Spread]:
    """Alternate between targets {name: (port, calls)}. Raises NotThere when one of them answers badly."""
    plan = [Target(name, port, tuple(calls)) for name, (port, calls) in targets.items()]
    done = load.run(load.plan_of("alternate", plan, rounds=rounds, warm_up=warm_up))
    return {name: spread(name, entry) for name, entry in done.items()}


def spread(name: str, entry: dict) -> Spread:
    """Timings of one target. Raises NotThere when any answer was bad."""
    if entry["bad"]:
        raise NotThere(f"{name}: statuses {dict(entry['statuses'])}; {first_words(entry['bad'])}")
    return Spread.of(entry["seconds"])


def first_words(page: str) -> str:
    """The telling start of a bad answer: its error sentence if there is one."""
    import re

    found = re.search(r"<h1[^>]*>(.*?)</h1>(.{0,400})", page, re.S)
    text = found.group(0) if found else page
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())[:200]


def ratio_row(key: str, what: str, product: Spread, floor: Spread, bar: float | None, *, note: str = "") -> Row:
    """Product's p50 against the floor's; both p95 stand beside."""
    return Row(
        key, what, f"{ms(product.p50)} (p95 {ms(product.p95)})", f"{ms(floor.p50)} (p95 {ms(floor.p95)})",
        product.p50 / floor.p50, bar, note=note, raw={"product": product, "floor": floor},
    )  # fmt: skip


def list_page(yard: Yard) -> list[Row]:
    """G1: the roster of the clerk's unit, 20 rows, against the floor's unit page; the floor's own pieces for reading."""
    product, floor = yard.product("middle"), yard.floor()
    port = floor.server.port
    found = compare(
        {
            "product": (product.server.port, [product.get("clerk0", LIST)]),
            "floor": (port, [floor.get("/unit")]),
            "constants": (port, [floor.get("/constants")]),
            "session": (port, [floor.get("/session")]),
        },
        yard.rounds(200),
    )
    rows = [ratio_row("G1", f"roster list page, unit, {yard.people('middle')}", found["product"], found["floor"], 2.0)]
    for name in ("constants", "session"):
        what = {"constants": "floor alone: page of constants", "session": "floor alone: session row"}[name]
        rows.append(Row("", what, "", ms(found[name].p50), raw={"floor": found[name]}))
    return rows


def throughput(yard: Yard) -> list[Row]:
    """G9: 8 clients, one process; blocks of some seconds in turn, median of the blocks."""
    product, floor = yard.product("middle"), yard.floor()
    mine = Target("product", product.server.port, (product.get("clerk0", LIST),))
    theirs = Target("floor", floor.server.port, (floor.get("/unit"),))
    rates: dict[str, list[float]] = {"product": [], "floor": []}
    for _ in range(yard.rounds(BLOCKS)):
        for target in (theirs, mine):
            done = load.run(load.plan_of("rush", [target], clients=8, seconds=BLOCK_S, once=False))
            spread(target.name, done)
            rates[target.name].append(len(done["seconds"]) / done["elapsed"])
    ours, base = (quantile(rates[name], 0.5) for name in ("product", "floor"))
    return [
        Row(
            "G9",
            "list page, 8 clients, 1 process",
            f"{ours:.0f}/s",
            f"{base:.0f}/s",
            ours / base,
            0.5,
            least=True,
            raw=rates,
        )
    ]


def template_part(yard: Yard) -> list[Row]:
    """G10: the page's template from rows at hand, per KB, against the floor's page of constants, in one process."""
    folder = yard.instance("small", "template-part")
    done = json.loads(run_python(["-m", "bench.template_part", str(folder), str(yard.rounds(300))], 300))
    ours, base = Spread.of(done["product"]), Spread.of(done["floor"])
    mine, theirs = ours.p50 / (done["product_bytes"] / 1e3), base.p50 / (done["floor_bytes"] / 1e3)
    sizes = f"{done['product_bytes'] / 1e3:.0f} KB against {done['floor_bytes'] / 1e3:.0f} KB"
    return [
        Row("G10", f"template part per KB ({sizes})", f"{mine * 1000:.0f} µs/KB", f"{theirs * 1000:.0f} µs/KB",
            mine / theirs, 1.5, note=f"whole: {ms(ours.p50)} against {ms(base.p50)}", raw=done)
    ]  # fmt: skip


def other_pages(yard: Yard) -> list[Row]:
    """Picker, review queue, 我的办件, 单位办事, an applicant's form: beside the floor's unit page in one go each."""
    product, floor = yard.product("middle"), yard.floor()
    notes = product.notes
    tasks = f"{notes.get('tasks', 0):,} tasks"
    wanted = [
        ("inbox", f"review queue, {tasks}", product.get("department", "/review?per_page=20"), LIST_BAR),
        (
            "cases",
            f"我的办件, {notes.get('own_cases', 0):,} cases",
            product.get("clerk0", "/cases?per_page=20"),
            LIST_BAR,
        ),
        ("hall", "单位办事", product.get("clerk0", "/"), LIST_BAR),
        ("picker", "picker over the unit's 500, eligibility of all", _picker(product), None),
        (
            "case",
            "申报办件 with 20 people",
            product.get("clerk1", f"/declarations/case/{notes.get('rush_cases', [''])[0]}"),
            None,
        ),
        ("form", "applicant's form", product.get("clerk1", f"/applications/{notes['forms']['clerk1'][0]}"), None),
    ]
    rows = []
    for key, what, call, bar in wanted:
        try:
            found = compare(
                {"product": (product.server.port, [call]), "floor": (floor.server.port, [floor.get("/unit")])},
                yard.rounds(60),
            )
            rows.append(ratio_row(key, what, found["product"], found["floor"], bar))
        except NotThere as error:
            rows.append(Row(key, what, "", "", failed=True, note=str(error)))
    return rows


def _picker(product) -> Call:
    return product.get("clerk0", "/declarations/level/picker", **{"HX-Request": "true"})


def small_against_large(yard: Yard) -> list[Row]:
    """G2: the product against itself: the same unit's page among 10,000 and among 1,000,000 people."""
    small, large = yard.product("small"), yard.product("large")
    found = compare(
        {
            "small": (small.server.port, [small.get("clerk0", LIST)]),
            "large": (large.server.port, [large.get("clerk0", LIST)]),
        },
        yard.rounds(200),
    )
    many, few = found["large"], found["small"]
    what = f"own list page, {yard.people('large')} against {yard.people('small')}"
    row = ratio_row("G2", what, many, few, 1.3)
    late = Row("G2", "the same, p95", ms(many.p95), ms(few.p95), many.p95 / few.p95, 1.5)
    return [row, late]
