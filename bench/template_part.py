"""G10: only the template. Both pages are rendered from rows at hand, in turn, in one process.

`python -m bench.template_part INSTANCE ROUNDS` prints timings and sizes as JSON. The product's page is fetched once
through the test client to get the very context its route passes; rendering it again touches no database.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from flask import Flask, template_rendered

from bench.instance import sign_in
from bench.measures.pages import LIST


def captured(app: Flask, headers: dict[str, str]):
    """(template, context) of the list page as its route renders it, inside the request that is left open."""
    seen = []

    def note(sender: Flask, template, context, **extra: object) -> None:
        seen.append((template, context))

    with template_rendered.connected_to(note, app):
        opened = app.test_request_context(LIST, headers=headers)
        opened.push()
        response = app.full_dispatch_request()
    if response.status_code != 200 or not seen:
        raise RuntimeError(f"the list page answers {response.status_code}")
    return seen[-1]


def main(folder: Path, rounds: int) -> None:
    """Render both in turn."""
    from bench.floor.app import CONSTANT_ROWS, page
    from bench.floor.app import create_app as floor_app
    from gkportal import config, create_app
    from gkportal.core import db

    people = sign_in(folder)["people"]
    base = floor_app(folder / "none.db", folder)
    app = create_app(config.Settings(instance_dir=folder, public_url="http://127.0.0.1", idle_minutes=240))
    template, context = captured(app, {"Cookie": people["clerk0"]["cookie"]})

    def statement(*_: object, **__: object) -> None:
        raise RuntimeError("the template asks the database")

    db.database.execute_sql = statement  # what is measured must be the template alone
    timings: dict[str, list[float]] = {"product": [], "floor": []}
    for _ in range(rounds):
        started = time.perf_counter()
        ours = template.render(context)
        timings["product"].append(time.perf_counter() - started)
        with base.test_request_context("/constants"):
            started = time.perf_counter()
            theirs = page("青溪区公路养护中心", "穆知秋", CONSTANT_ROWS, 412)
            timings["floor"].append(time.perf_counter() - started)
    sizes = {"product_bytes": len(ours.encode()), "floor_bytes": len(theirs.encode())}
    json.dump(timings | sizes, sys.stdout)
    sys.stdout.flush()
    for name in ("inspector", "renderer"):
        app.extensions["gk_services"][name].close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
