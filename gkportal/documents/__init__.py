"""HTML templates to printable PDFs. Knows no feature: callers hand over plain values.

`DocumentRenderer.render("approval_form/jiangsu-2020", approval_form_context(...), images={"photo": jpeg})`
"""

from gkportal.documents.errors import DocumentError, DocumentUnavailable
from gkportal.documents.merging import merge
from gkportal.documents.orders import RenderedDocument
from gkportal.documents.renderer import DocumentRenderer

__all__ = ["DocumentError", "DocumentRenderer", "DocumentUnavailable", "RenderedDocument", "merge"]
