"""Table cells that keep their font size however long their text is.

xhtml2pdf puts each cell into a frame that shrinks its content to one page: 4,000 characters come out at 7 points,
14,000 at 2.6. Here a cell keeps its size. A row that fits the next page goes there whole; a row taller than a page is
cut. A cell with `-pdf-keep-in-frame-mode: flow` begins where it stands and is cut at the page's end.
"""

from __future__ import annotations

from xhtml2pdf import tables
from xhtml2pdf import xhtml2pdf_reportlab as stock

_stock_end = tables.pisaTagTD.end
_stock_draw = stock.PmlTable.draw


def _close_cell(tag: object, context: object) -> None:
    """Replacement of `pisaTagTD.end`."""
    mode = tag.keep_in_frame_mode
    if context.frag.insideStaticFrame or mode not in (None, "flow"):
        _stock_end(tag, context)
        return
    context.addPara()
    flows = mode == "flow" or any(isinstance(item, stock.PmlTable) for item in context.story)
    cell = stock.PmlFlowingCell(context.story) if flows else stock._CellPart(context.story)
    context.swapStory(tag.story)
    context.tableData.add_cell(cell)


def _draw(table: object) -> None:
    """Replacement of `PmlTable.draw`: closes the frame where a page's end cut a row."""
    _stock_draw(table)
    if not table._linecmds or not (table._rowCutTop or table._rowCutBottom):
        return
    weight, colour = table._linecmds[0][3], table._linecmds[0][4]
    left, right = table._colpositions[0], table._colpositions[-1]
    canvas = table.canv
    canvas.saveState()
    canvas.setLineWidth(weight)
    canvas.setStrokeColor(colour)
    canvas.setLineCap(2)
    if table._rowCutTop:
        canvas.line(left, table._rowpositions[0], right, table._rowpositions[0])
    if table._rowCutBottom:
        canvas.line(left, table._rowpositions[-1], right, table._rowpositions[-1])
    canvas.restoreState()


def install() -> None:
    """Replace the stock functions. Once per process."""
    tables.pisaTagTD.end = _close_cell
    stock.PmlTable.draw = _draw
