"""Every page of every role: no serious accessibility finding, no sideways scrolling, at 1366 px and at 200 % zoom."""

from __future__ import annotations

from pathlib import Path

import pytest

from gkportal.review.models import ReviewTask
from tests.declarations import making

pytestmark = pytest.mark.browser
AXE = (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
_RUN = """axe.run(document, {resultTypes: ['violations']}).then(r => r.violations
  .filter(v => ['serious', 'critical'].includes(v.impact))
  .map(v => v.id + ' ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(' | ')))"""
_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def addresses(app, world) -> dict[str, list[str]]:
    """Pages by person, with real things behind them."""
    with app.test_request_context():
        draft = making.add(world, "gu", grade=4)
        sent = making.submit(making.complete(making.add(world, "sang"), world.actor("clerk")), world.actor("clerk"))
        task = ReviewTask.get(ReviewTask.subject_id == sent.id)
    case = draft.case.public_id
    person = f"/applications/{draft.public_id}"
    worker = world.workers["sang"].public_id
    return {
        "": ["/login"],
        "clerk": [
            "/", "/cases", f"/cases/{case}", f"/cases/{case}/progress", "/cases/history", "/roster", f"/roster/{worker}",
            "/declarations/level", "/declarations/technician", "/declarations/level/picker", f"/declarations/case/{case}",
            person, f"{person}/approval-form", f"{person}/materials", f"{person}/check",
            f"/declarations/case/{case}/submit", f"/declarations/case/{case}/submitted", "/rounds", "/notices",
            "/organization", "/account", "/nothing-here",
        ],
        "unit_admin": ["/people", "/people/new"],
        "department_reviewer": ["/", "/review", f"/review/{task.public_id}", f"/review/{task.public_id}?item=material:photo", "/cases"],
        "round_admin": ["/rounds", "/rounds/new", "/rounds/round-2024/windows/level", "/notices/new", "/declarations/extensions", "/organizations"],
        "system_admin": ["/system"],
        "security_admin": ["/grants", "/people"],
        "audit_admin": ["/audit"],
    }  # fmt: skip


@pytest.mark.parametrize("width", [1366, 683])
def test_no_serious_finding_and_no_sideways_scrolling(browse, addresses, width) -> None:
    wrong: list[str] = []
    for who, paths in addresses.items():
        page = browse(who, paths[0], width=width, height=768 if width > 1000 else 384)
        for path in paths:
            page.goto(path)
            page.wait_for_load_state("networkidle")
            page.evaluate(AXE)
            wrong += [f"{who} {path} {width}: {finding}" for finding in page.evaluate(_RUN)]
            if page.evaluate(_WIDE) > 1:
                wrong.append(f"{who} {path} {width}: scrolls sideways by {page.evaluate(_WIDE)} px")
    assert not wrong, "\n".join(wrong)
