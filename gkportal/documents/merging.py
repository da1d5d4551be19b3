"""Several finished documents as one file, for printing a batch."""

from __future__ import annotations

import io
from collections.abc import Sequence

from gkportal.documents.errors import DocumentError


def merge(documents: Sequence[bytes]) -> bytes:
    """One PDF with the pages of all `documents`, in order; the same input gives the same bytes.

    Raises DocumentError when there is nothing to merge or a part is not a readable PDF.
    """
    import pikepdf  # only when something is merged: the server starts without it

    if not documents:
        raise DocumentError("没有选中可以打印的文件。", ["nothing to merge"])
    output = io.BytesIO()
    with pikepdf.new() as merged:
        for number, data in enumerate(documents, 1):
            try:
                with pikepdf.open(io.BytesIO(data)) as part:
                    merged.pages.extend(part.pages)
            except pikepdf.PdfError as error:
                raise DocumentError(f"第 {number} 份文件已损坏，无法合并打印。", [f"part {number}"]) from error
        merged.save(output, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return output.getvalue()
