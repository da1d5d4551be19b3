"""What is saved: one form at a time, 16 clerks saving at once, 16 clerks submitting at once."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

from bench import load
from bench.load import Call, Target
from bench.measures.pages import compare, first_words, ratio_row
from bench.report import Row, ms
from bench.stats import Spread, quantile
from bench.yard import Floor, NotThere, Product, Yard

CLIENTS = 16
BLOCK_S = 4.0
BLOCKS = 3
#: About what a form sends.
FORM_BYTES = 1200


def saves(yard: Yard) -> list[Row]:
    """Autosave alone; autosave with 16 clients; submission with 16 clients."""
    product, floor = yard.product("middle"), yard.floor()
    rows = []
    for part in (_alone, _saving_rush, _submit_rush):
        try:
            rows += part(yard, product, floor)
        except NotThere as error:
            rows.append(Row("G11", part.__doc__ or "", "", "", failed=True, note=str(error)))
    return rows


def autosave_calls(product: Product, clerk: str, number: int) -> list[Call]:
    """`number` saves of one form, each with another text, as the page sends them."""
    form = product.notes["forms"][clerk][0]
    calls = []
    for place in range(number):
        fields = {"appraisal_text": f"第 {place} 次保存：" + "该同志工作认真负责。" * 6, "phone": "10000000016"}
        calls.append(
            product.post(
                clerk,
                f"/applications/{form}/form",
                urlencode(fields).encode(),
                **{"HX-Request": "true", "X-Autosave": "1"},
            )
        )
    return calls


def floor_writes(floor: Floor, number: int) -> list[Call]:
    """Writes to `number` different rows."""
    return [
        floor.post("/write", urlencode({"sheet": place % 64 + 1, "text": f"{place}" + "a" * FORM_BYTES}).encode())
        for place in range(number)
    ]


def _alone(yard: Yard, product: Product, floor: Floor) -> list[Row]:
    """form save (autosave), 1 client"""
    found = compare(
        {
            "product": (product.server.port, autosave_calls(product, "clerk1", 40)),
            "floor": (floor.server.port, floor_writes(floor, 40)),
        },
        yard.rounds(80),
    )
    return [ratio_row("save", "form save (autosave), 1 client", found["product"], found["floor"], None)]


def _saving_rush(yard: Yard, product: Product, floor: Floor) -> list[Row]:
    """form save, 16 clients"""
    calls = [autosave_calls(product, f"clerk{number}", 40) for number in range(1, CLIENTS + 1)]
    mixed = tuple(call for group in zip(*calls, strict=True) for call in group)
    mine = Target("product", product.server.port, mixed)
    theirs = Target("floor", floor.server.port, tuple(floor_writes(floor, 64)))
    base, ours = [], []
    for _ in range(yard.rounds(BLOCKS)):
        base.append(_rush(theirs, seconds=BLOCK_S))
        ours.append(_rush(mine, seconds=BLOCK_S))
    return _rush_rows("G11", "form save", ours, base)


def _submit_rush(yard: Yard, product: Product, floor: Floor) -> list[Row]:
    """submission, 16 clients"""
    if product.notes["blockers"]:
        raise NotThere(f"people are not ready: {product.notes['blockers'][:3]}")
    groups = []
    for clerk, rush in product.notes["rush"].items():
        groups.append([_submission(product, clerk, rush["case"], person) for person in rush["people"]])
    mixed = tuple(call for group in zip(*groups, strict=True) for call in group)
    theirs = Target("floor", floor.server.port, tuple(floor_writes(floor, 64)))
    parts = yard.rounds(BLOCKS)
    size = len(mixed) // parts
    base, ours = [], []
    for part in range(parts):
        base.append(_rush(theirs, seconds=BLOCK_S))
        mine = Target("product", product.server.port, mixed[part * size : (part + 1) * size])
        ours.append(_rush(mine, seconds=60, once=True))
    return _rush_rows("G11", "submission of one person", ours, base)


def _submission(product: Product, clerk: str, case: str, person: str) -> Call:
    fields = {"ids": person, "pledge": "agree", "contact_name": "穆知秋", "contact_phone": "10000000016"}
    return product.post(
        clerk, f"/declarations/case/{case}/submit/confirm", urlencode(fields).encode(), expect=(200, 204, 302, 303)
    )


def _rush(target: Target, *, seconds: float, once: bool = False) -> dict:
    return load.run(load.plan_of("rush", [target], clients=CLIENTS, seconds=seconds, once=once))


def _rush_rows(key: str, what: str, ours: list[dict], base: list[dict]) -> list[Row]:
    """Requests a second, errors, and how long the slowest wait."""
    errors = sum((Counter(part["statuses"]) for part in ours), Counter())
    bad = next((part["bad"] for part in ours if part["bad"]), "")
    if bad and not any(part["seconds"] for part in ours):
        raise NotThere(f"{what}: {dict(errors)} {first_words(bad)}")
    rate, floor_rate = (quantile([len(p["seconds"]) / p["elapsed"] for p in parts], 0.5) for parts in (ours, base))
    times = Spread.of([second for part in ours for second in part["seconds"]])
    floor_times = Spread.of([second for part in base for second in part["seconds"]])
    good = sum(len(part["seconds"]) for part in ours)
    failed = sum(errors.values()) - good
    raw = {"product": times, "floor": floor_times, "statuses": dict(errors)}
    return [
        Row(key, f"{what}, {CLIENTS} clients", f"{rate:.0f}/s", f"{floor_rate:.0f}/s", rate / floor_rate, 0.4, least=True, raw=raw),
        Row(key, f"{what}: errors in {good + failed:,}", str(failed), "0", float(failed), 0, note=first_words(bad) if bad else ""),
        Row(key, f"{what}: p99 against own p50", f"{ms(times.p99)} / {ms(times.p50)}",
            f"{ms(floor_times.p99)} / {ms(floor_times.p50)}", times.p99 / times.p50, 10),
    ]  # fmt: skip
