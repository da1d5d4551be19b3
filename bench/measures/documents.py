"""The PDF of the 审批表 against xhtml2pdf as it comes, and the preview as a request."""

from __future__ import annotations

import json

from bench.measures.pages import compare
from bench.report import Row, ms
from bench.stats import Spread
from bench.yard import NotThere, Yard, run_python

_STOCK = {
    "font_face": "stock xhtml2pdf, two passes, fonts by @font-face",
    "registered": "stock xhtml2pdf, two passes, fonts registered once",
}


def form(yard: Yard) -> list[Row]:
    """The same page by the product's renderer (process hop included) and by stock xhtml2pdf; then the preview route."""
    done = json.loads(run_python(["-m", "bench.pdf_part", str(yard.rounds(20))], 300))
    ours = Spread.of(done["product"])
    rows = []
    for name, what in _STOCK.items():
        base = Spread.of(done[name])
        pages = f"{done['product_pages']} and {done[f'{name}_pages']} pages"
        rows.append(
            Row("pdf", f"审批表 against {what}", ms(ours.p50), ms(base.p50), base.p50 / ours.p50, 1.6, least=True, note=pages,
                raw={"product": ours, name: base})
        )  # fmt: skip
    try:
        rows.append(_preview(yard))
    except NotThere as error:
        rows.append(Row("pdf", "PDF preview as a request", "", "", failed=True, note=str(error)))
    return rows


def _preview(yard: Yard) -> Row:
    """An applicant's form that has not been printed: the route renders it anew each time."""
    product, floor = yard.product("middle"), yard.floor()
    public_id = product.notes["forms"]["clerk2"][0]
    found = compare(
        {
            "product": (product.server.port, [product.get("clerk2", f"/applications/{public_id}/approval-form.pdf")]),
            "floor": (floor.server.port, [floor.get("/unit")]),
        },
        yard.rounds(20),
        warm_up=2,
    )
    return Row(
        "pdf",
        "PDF preview as a request (beside the floor's unit page)",
        ms(found["product"].p50),
        ms(found["floor"].p50),
        raw=found,
    )
