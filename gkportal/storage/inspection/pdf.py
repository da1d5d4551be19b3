"""Inspection of an uploaded PDF (runs in the limited child)."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium

from gkportal.storage.inspection import active, pages
from gkportal.storage.inspection.result import Inspection, InspectionWarning, refused

MAX_PAGES = 200
THUMBNAIL_WIDTH = 160

_NOT_PDF = "这不是 PDF 文件。请把材料扫描或打印为 PDF 后重新上传（不能只改扩展名）。"
_HALF = "这份 PDF 不完整或已损坏（可能没有传完或没有导出完）。请确认能正常打开，重新扫描或导出后再上传。"
_ENCRYPTED = "这份 PDF 加了密码或限制了权限。请去除密码（或用“打印为 PDF”另存）后重新上传。"
_TAIL = re.compile(rb"startxref\s+\d+\s+%%EOF")
_OBJECT = re.compile(rb"\d+\s+\d+\s+obj\b|\bxref\b|\bstartxref\b")


def inspect_pdf(path: Path, clean_path: Path, seconds: float) -> Inspection:
    """Check the file; write a clean copy to `clean_path` when something had to be taken out.

    `seconds` bounds the look at the single pages.
    """
    started = time.monotonic()
    tail = _tail(path)
    if tail is None:
        return refused("not_pdf", _NOT_PDF)
    if tail is False:
        return refused("half", _HALF)
    try:
        with pikepdf.open(path, attempt_recovery=False, suppress_warnings=True) as document:
            answer = _structure(document)
            if answer is not None:
                return answer
            warnings, cleaned = _clean(document, clean_path, rewrite=tail == "dirty")
            count = len(document.pages)
    except pikepdf.PasswordError:
        return refused("encrypted", _ENCRYPTED)
    except (pikepdf.PdfError, ValueError, RuntimeError, TypeError, RecursionError):
        return refused("half", _HALF)
    if isinstance(warnings, Inspection):
        return warnings
    chosen = clean_path if cleaned else path
    return _look(chosen, cleaned, count, warnings, seconds - (time.monotonic() - started))


def _tail(path: Path) -> str | bool | None:
    """How the file ends. None: no PDF; False: no end near the end, as in a cut file; "dirty": foreign bytes around
    the PDF; "clean".
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(1024)
        stream.seek(max(0, size - 1024))
        end = stream.read()
    start = head.find(b"%PDF-")
    if start < 0:
        return None
    found = list(_TAIL.finditer(end))
    if not found:
        return False
    rest = end[found[-1].end() :].strip(b"\r\n\t \0")
    if _OBJECT.search(rest):
        return False  # an update that was cut: what came before it is an older version
    return "dirty" if rest or start > 0 else "clean"


def _structure(document: pikepdf.Pdf) -> Inspection | None:
    if document.is_encrypted:
        return refused("encrypted", _ENCRYPTED)
    count = len(document.pages)
    if document.get_warnings():
        return refused("half", _HALF)
    if count == 0:
        return refused("no_pages", "这份 PDF 没有任何页面。请重新扫描或导出后再上传。")
    if count > MAX_PAGES:
        sentence = f"这份 PDF 有 {count} 页，超过 {MAX_PAGES} 页的上限。请只保留需要的页，或压缩后重新上传。"
        return refused("too_many_pages", sentence)
    return None


def _clean(
    document: pikepdf.Pdf, clean_path: Path, *, rewrite: bool
) -> tuple[Inspection | list[InspectionWarning], bool]:
    """Refuse, or strip and prove it on the saved copy. Returns warnings (or the refusal) and whether it wrote."""
    codes = active.find(document)
    for code, sentence in active.REFUSED.items():
        if code in codes:
            return refused(code, sentence), False
    if not codes and not rewrite:
        return [], False
    signed = active.is_signed(document)
    active.strip(document)
    document.remove_unreferenced_resources()
    document.save(clean_path, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
    with pikepdf.open(clean_path, attempt_recovery=False) as copy:
        left = active.find(copy)
    if left:
        what = "、".join(active.STRIPPED.get(code, code) for code in sorted(left))
        sentence = f"这份 PDF 含有无法去除的{what}，没有保存。请用“打印为 PDF”另存后重新上传。"
        return refused("active", sentence), False
    return _cleaning_warnings(codes, signed=signed), True


def _cleaning_warnings(codes: set[str], *, signed: bool) -> list[InspectionWarning]:
    warnings = []
    if codes:
        what = "、".join(text for code, text in active.STRIPPED.items() if code in codes)
        warnings.append(InspectionWarning("stripped", f"已从文件中去除{what}，页面内容不变，请预览确认。"))
    if signed:
        text = "文件带有电子签名，去除上述内容后签名失效。需要保留签名的，请上传未含脚本和附件的原件。"
        warnings.append(InspectionWarning("signature_lost", text))
    return warnings


def _look(path: Path, cleaned: bool, count: int, warnings: list[InspectionWarning], seconds: float) -> Inspection:
    """A second, independent reader must see the same pages; then look at each."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError:
        return refused("half", _HALF)
    try:
        if len(document) != count:
            return refused("half", _HALF)
        width, height = (round(side * 25.4 / 72) for side in document[0].get_size())
        # A third of the time stays for the thumbnail and a slow disk.
        found = pages.check_pages(document, max(0.5, seconds * 0.6))
        if count and sum(item.code in {"blank", "unreadable"} for item in found) == count:
            return refused("all_blank", "这份 PDF 的每一页都是空白或无法显示。请检查后重新扫描再上传。")
    finally:
        document.close()
    try:
        derived = {"thumbnail": pages.render(path, 1, THUMBNAIL_WIDTH)}
    except ValueError:
        derived = {}
    return Inspection(True, None, None, count, width, height, (*warnings, *found), derived, path, cleaned)
