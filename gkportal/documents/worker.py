"""What happens inside a renderer process: one document at a time, warm fonts, hard limits, no network.

The parent (renderer.py) starts this module in a fresh interpreter, kills it when a document takes too long, and owns
the folder with the pictures, so nothing personal stays behind when a process dies.
"""

from __future__ import annotations

import gc
import hashlib
import io
import logging
from dataclasses import dataclass
from pathlib import Path

import jinja2
import pikepdf
from reportlab import rl_config

from gkportal.documents.errors import DocumentError
from gkportal.documents.faces import SONG
from gkportal.documents.fonts import IDEOGRAPHIC_SPACE, SPACE_ALIAS, FontBook, describe
from gkportal.documents.orders import RenderedDocument, WorkerSettings
from gkportal.documents.pictures import Pictures

#: Address space of a process, bytes. Three faces and a document of 100 pages take about 0.5 GB of it.
MAX_MEMORY = 3 * 1024**3
#: Largest file a process may write, bytes.
MAX_FILE = 64 * 1024**2
#: Young objects between two collections; a document makes about as many in its life, Python's 700 is far too busy.
_GC_THRESHOLD = 100_000


class _Complaints(logging.Handler):
    """Collects the renderer's warnings: each of them means that something is missing on the page."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # The first line only: what follows quotes the document, and so somebody's data.
        self.lines.append(record.getMessage().split("\n", 1)[0][:200])


@dataclass
class _Workshop:
    settings: WorkerSettings
    fonts: FontBook
    templates: jinja2.Environment
    complaints: _Complaints


_workshop: _Workshop | None = None


def _limit_resources() -> None:
    """Bound memory and file size where the system can (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for kind, limit in ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_FSIZE, MAX_FILE)):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _collect_warnings() -> _Complaints:
    """Send the renderer's log to us and nowhere else: its lines quote the document."""
    complaints = _Complaints()
    for name in ("xhtml2pdf", "reportlab", "svglib"):
        logger = logging.getLogger(name)
        logger.handlers = [complaints]
        logger.propagate = False
        logger.setLevel(logging.WARNING)
    return complaints


def paragraphs(text: str) -> list[str]:
    """Template filter: the non-empty lines of a text, without the indent people type (the style sets it)."""
    return [line for line in (part.strip(" \t\r\u3000") for part in text.split("\n")) if line]


def start(settings: WorkerSettings) -> None:
    """Initializer of a renderer process."""
    global _workshop
    _limit_resources()
    # The same content gives the same bytes: no time stamp, no random file identifier.
    rl_config.invariant = 1
    rl_config.useA85 = 0
    from gkportal.documents import flowing_cells, line_breaking, to_unicode

    for part in (to_unicode, line_breaking, flowing_cells):
        part.install()
    fonts = FontBook(settings.font_dir, settings.rare_fonts)
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(settings.template_dir),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["paragraphs"] = paragraphs
    templates.globals["fonts"] = fonts.stacks
    _workshop = _Workshop(settings, fonts, templates, _collect_warnings())
    # The modules and faces stay for good: the garbage collector need not walk over them for each document.
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD, 10, 10)


def _fill_in(shop: _Workshop, form: str, context: dict, images: dict[str, str], folder: Path) -> str:
    """The document as HTML."""
    pictures = Pictures(folder, shop.settings.font_dir / SONG.bold)
    try:
        template = shop.templates.get_template(f"{form}.html")
        return template.render(context | {"images": images, "qr": pictures.qr, "draft_mark": pictures.draft_mark})
    except jinja2.TemplateNotFound as error:
        raise DocumentError("没有这种表格的版式，无法生成文件。", [f"no template {form}"]) from error
    except jinja2.TemplateError as error:
        raise DocumentError("表格的内容不完整，无法生成文件。", [f"{type(error).__name__}: {error.message}"]) from error


def _typeset(shop: _Workshop, html: str, folder: Path) -> bytes:
    """HTML to PDF. Anything the renderer complains about is an error of the whole document."""
    from xhtml2pdf.config.resources import RenderLimitError, ResourceAccessPolicy
    from xhtml2pdf.document import pisaDocument

    policy = ResourceAccessPolicy.server(
        folder, allow_remote=False, max_resources=500, max_render_seconds=shop.settings.timeout_s
    )
    shop.complaints.lines.clear()
    output = io.BytesIO()
    try:
        result = pisaDocument(html, output, path=str(folder / "document.html"), resource_policy=policy)
    except (MemoryError, RenderLimitError) as error:
        raise DocumentError("内容过多，超出了一份文件的限度，请精简后再试。", [type(error).__name__]) from None
    except Exception as error:  # the renderer raises many kinds; their texts quote the document and stay here
        raise DocumentError(
            "内容无法排版：有一栏的文字过长或图片过大，请精简该栏后再试。", [type(error).__name__]
        ) from None
    if result.err or result.warn or shop.complaints.lines:
        raise DocumentError("文件有内容没能印出，已停止生成，请联系系统管理员。", shop.complaints.lines[:20])
    return output.getvalue()


def render(form: str, context: dict, images: dict[str, str], folder: Path) -> RenderedDocument:
    """Make one document. `images` maps names to files inside `folder`; raises DocumentError."""
    shop = _workshop
    if shop is None:
        raise RuntimeError("start() has not run in this process")
    html = _fill_in(shop, form, context, images, folder)
    missing = shop.fonts.prepare(html)
    if missing:
        raise DocumentError(
            f"字库中没有下列字，无法印出：{describe(missing[:20])}。请改正，或请系统管理员安装生僻字字体。",
            [f"missing glyphs: {', '.join(f'U+{ord(c):04X}' for c in missing[:20])}"],
        )
    pdf = _typeset(shop, html.replace(chr(IDEOGRAPHIC_SPACE), chr(SPACE_ALIAS)), folder)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        pages = len(opened.pages)
    return RenderedDocument(pdf, pages, hashlib.sha256(pdf).hexdigest())
