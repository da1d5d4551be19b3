"""`python -m bench [--quick] [--only G1,G2]`: build, measure, print one table. See docs/performance.md."""

from __future__ import annotations

import argparse
import signal
import sys
import time

from bench import report
from bench.measures import MEASURES, Measure
from bench.report import Row
from bench.yard import RESULTS, NotThere, Yard

FULL = {"small": 10_000, "middle": 100_000, "large": 1_000_000}
QUICK = {"small": 10_000, "middle": 10_000, "large": 100_000}


def say(text: str) -> None:
    """Progress goes to stderr, the table to stdout."""
    print(text, file=sys.stderr, flush=True)


def read_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 people instead of a million, fewer repetitions")
    parser.add_argument("--only", default="", help="keys of the wanted measures, e.g. G1,G2,inbox")
    parser.add_argument(
        "--minutes", type=float, default=30, help="start no further measure after this long (default 30)"
    )
    return parser.parse_args(arguments)


def chosen(only: str) -> list[Measure]:
    """The measures whose keys were named; all without names. Exits with the known keys when one is unknown."""
    wanted = {key.strip().lower() for key in only.split(",") if key.strip()}
    known = {key.lower(): measure for measure in MEASURES for key in measure.keys}
    if wanted - set(known):
        sys.exit(
            f"unknown: {', '.join(sorted(wanted - set(known)))}; known: {', '.join(k for m in MEASURES for k in m.keys)}"
        )
    return [measure for measure in MEASURES if not wanted or wanted & {key.lower() for key in measure.keys}]


def run(measures: list[Measure], yard: Yard, limit_s: float) -> list[Row]:
    """All rows. A measure that cannot run gives a row that says why."""
    started, rows = time.monotonic(), []
    for measure in measures:
        keys = "/".join(measure.keys)
        if time.monotonic() - started > limit_s:
            rows.append(Row(keys, measure.what, "", "", failed=True, note="no time left (--minutes)"))
            continue
        say(f"{keys}: {measure.what} …")
        try:
            rows += measure.run(yard)
        except (NotThere, RuntimeError, OSError, KeyError) as error:
            text = str(error).strip().splitlines()
            rows.append(
                Row(keys, measure.what, "", "", failed=True, note=(text[-1] if text else type(error).__name__)[:200])
            )
    return rows


def main() -> int:
    """Exit code 1 when a bar is missed or something could not be measured."""
    options = read_arguments()
    # A terminated run must still stop its servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    measures = chosen(options.only)
    facts = report.machine()
    with Yard(QUICK if options.quick else FULL, say, quick=options.quick) as yard:
        rows = run(measures, yard, options.minutes * 60)
    print(report.table(rows))
    say(f"written to {report.keep(RESULTS, rows, facts | {'quick': options.quick})}")
    return int(any(row.verdict in (report.MISS, report.FAILED) for row in rows))


if __name__ == "__main__":
    sys.exit(main())
