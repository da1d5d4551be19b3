"""Steps that several journeys share: waiting, files as a clerk scans them, axe."""

from __future__ import annotations

import io
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, expect
from reportlab.pdfgen.canvas import Canvas

from tests.declarations import making

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async () => (await axe.run(document, {resultTypes: ['violations'], iframes: false})).violations
  .filter(v => ['serious', 'critical'].includes(v.impact))
  .map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.failureSummary).join(' | '))"""

#: What one applicant for 高级工 in the normal mode hands in beside the 审批表, named as the rules ask.
SCANS = ("2身份证.pdf", "3照片.jpg", "4学历证书.pdf", "5年度考核表.pdf", "6继续教育证书.pdf", "7原等级证书.pdf")


def until(page: Page, expression: str, seconds: float = 8) -> None:
    """Wait for a condition in the page (the CSP forbids the evaluation that wait_for_function uses)."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"did not become true: {expression}"
        page.wait_for_timeout(50)


def scans(folder: Path, names: tuple[str, ...] = SCANS, mark: str = "") -> list[Path]:
    """Files with these names, each with other contents."""
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        data = making.photo(90 + number) if name.endswith(".jpg") else making.pdf(f"{mark}{number}", pages=2)
        (folder / name).write_bytes(data)
    return [folder / name for name in names]


def large_scan(path: Path) -> Path:
    """A PDF of about 700 kB that does not pack: a noisy page."""
    target = io.BytesIO()
    canvas = Canvas(target)
    canvas.drawInlineImage(Image.effect_noise((900, 900), 80), 60, 200, 450, 450)
    canvas.save()
    path.write_bytes(target.getvalue())
    return path


def drop(target: Locator, files: list[Path]) -> None:
    """Drop files on an element, as from the desktop."""
    page = target.page
    page.evaluate("() => { window.gkTestData = new DataTransfer(); }")
    for file in files:
        kind = "image/jpeg" if file.suffix == ".jpg" else "application/pdf"
        page.evaluate(
            "([name, kind, hex]) => window.gkTestData.items.add(new File("
            "[new Uint8Array(hex.match(/../g).map(pair => parseInt(pair, 16)))], name, {type: kind}))",
            [file.name, kind, file.read_bytes().hex()],
        )
    for name in ("dragover", "drop"):
        target.evaluate(
            "(element, name) => element.dispatchEvent(new DragEvent(name, "
            "{dataTransfer: window.gkTestData, bubbles: true, cancelable: true}))",
            name,
        )


def saved(page: Page) -> None:
    """Wait until the form says that it has saved itself."""
    expect(page.locator(".gk-saved[data-for=form]")).to_contain_text("已自动保存")


def findings(page: Page) -> list[str]:
    """axe's serious and critical findings. The script comes by the debugger, for the CSP refuses it, as it should."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    session.detach()
    return page.evaluate(_RUN)


def sideways(page: Page) -> int:
    """By how many pixels the page scrolls to the side."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def focused(page: Page) -> str:
    """The accessible name, or else the text, of what has the focus."""
    return page.evaluate(
        "(() => { const e = document.activeElement; return e.getAttribute('aria-label') || (e.labels && e.labels[0] ? e.labels[0].textContent : e.textContent).trim(); })()"
    )


def tab_to(page: Page, target: Locator, *, back: bool = False, limit: int = 80) -> None:
    """Press Tab until `target` has the focus; what is passed must show that it has it."""
    for _ in range(limit):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if target.evaluate("element => element === document.activeElement"):
            assert page.evaluate(_SHOWN), f"no visible focus on {focused(page)}"
            return
    raise AssertionError(f"Tab does not reach {target}")


#: Whether the focused element is in sight and drawn otherwise than unfocused (outline, shadow or border).
_SHOWN = """(() => {
  const look = e => { const s = getComputedStyle(e); return [s.outlineStyle === 'none' ? '' : s.outlineStyle + s.outlineWidth + s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor].join(); };
  const e = document.activeElement;
  const marked = e.classList.contains('visually-hidden') ? e.closest('label, .gk-drop') || e : e;
  const box = marked.getBoundingClientRect();
  if (!box.width || !box.height) return false;
  const now = look(marked); e.blur(); const then = look(marked); e.focus({preventScroll: true});
  return now !== then;
})()"""
