"""The scripts of the frame in a real browser: modal, selection, autosave, session, uploads, keys; no CSP violation."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tests.frame import sample

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
AXE = sample.ROOT / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    """One Chromium for the file."""
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield started
        started.close()


class Site:
    """A running sample application and a page on it."""

    def __init__(self, browser: sync_api.Browser, **settings: object) -> None:
        self.app = sample.build(**settings)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
        self.page = self.context.new_page()
        self.page.set_default_timeout(5000)
        self.complaints: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _console(self, message: sync_api.ConsoleMessage) -> None:
        expected = "Failed to load resource" in message.text or "Response Status Error Code" in message.text
        if message.type == "error" and not expected:
            self.complaints.append(message.text)

    @property
    def state(self) -> sample.State:
        return self.app.extensions["state"]

    def open(self, path: str) -> sync_api.Page:
        self.page.goto(self.url + path)
        until(self.page, "window.htmx && window.gk && document.readyState === 'complete'")
        return self.page

    def close(self) -> None:
        self.context.close()
        self.server.shutdown()
        self.thread.join(5)
        self.server.server_close()


@pytest.fixture
def site(browser: sync_api.Browser) -> Iterator[Site]:
    """A fresh site; whatever the console or the CSP complained about fails the test."""
    made = Site(browser)
    yield made
    made.close()
    assert made.complaints == []


def until(page: sync_api.Page, expression: str, seconds: float = 5) -> None:
    """Wait for a condition by the debugger's way (the page's CSP forbids the evaluation that wait_for_function uses)."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"did not become true: {expression}"
        page.wait_for_timeout(50)


def serious(page: sync_api.Page) -> list[str]:
    """axe's serious and critical findings. The script comes by the debugger: the page's CSP refuses it, as it should."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text(encoding="utf-8")})
    session.detach()
    found = page.evaluate(
        "async () => (await axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']}))"
        ".violations.map(v => [v.impact, v.id, v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary).slice(0, 3)])"
    )
    return [str(item) for item in found if item[0] in ("serious", "critical")]


@pytest.mark.parametrize("path", ["/", "/list", "/form", "/uploads", "/public", "/error/500", "/paper"])
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(site: Site, path: str) -> None:
    page = site.open(path)
    assert serious(page) == []
    for width in (1366, 683):
        page.set_viewport_size({"width": width, "height": 768})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{path} at {width}"


def test_modal_opens_shows_errors_saves_and_returns_the_focus(site: Site) -> None:
    page = site.open("/list")
    page.click("#edit-p1")
    dialog = page.locator("#modal")
    dialog.wait_for(state="visible")
    until(page, "document.activeElement.name === 'name'")
    assert serious(page) == []
    page.click("#modal button[type=submit]")
    page.wait_for_selector("#modal [data-error-summary]")
    until(page, "document.activeElement.hasAttribute('data-error-summary')")
    page.click("#modal [data-error-summary] a[href='#grade']")
    until(page, "document.activeElement.id === 'grade'")
    page.fill("#modal [name=name]", "桑春生")
    page.select_option("#modal [name=grade]", "5")
    page.fill("#modal [name=born]", "1979-09-26")
    page.check("#modal #sex-0")
    page.click("#modal button[type=submit]")
    dialog.wait_for(state="hidden")
    assert site.state.posts == [{"name": "桑春生"}]
    until(page, "document.activeElement.id === 'edit-p1'")


def test_escape_asks_before_unsaved_changes_are_lost(site: Site) -> None:
    page = site.open("/list")
    page.focus("#edit-p2")
    page.keyboard.press("Enter")
    page.wait_for_selector("#modal [name=name]")
    page.keyboard.press("Escape")
    page.locator("#modal").wait_for(state="hidden")
    until(page, "document.activeElement.id === 'edit-p2'")
    page.keyboard.press("Enter")
    page.wait_for_selector("#modal [name=name]")
    page.keyboard.type("改了一半")
    page.keyboard.press("Escape")
    page.wait_for_selector("#ask[open]")
    assert "还没有保存" in page.inner_text("#ask-text")
    page.click("#ask [data-answer=no]")
    assert page.locator("#modal").is_visible()
    assert page.input_value("#modal [name=name]") == "改了一半"
    page.keyboard.press("Escape")
    page.click("#ask [data-answer=yes]")
    page.locator("#modal").wait_for(state="hidden")


def test_selection_survives_paging_and_is_sent_whole(site: Site) -> None:
    page = site.open("/list")
    assert page.locator("[data-selection-bar]").is_hidden()
    page.check("input[value=p0]")
    page.check("input[value=p2]")
    page.click(".gk-pager a[aria-label='下一页']")
    page.wait_for_selector("input[value=p5]")
    assert page.inner_text("[data-selection-count]") == "2"
    page.check("input[value=p7]")
    assert page.inner_text("[data-selection-count]") == "3"
    assert page.locator("[data-selection-chips] .gk-chip").all_inner_texts() == ["柏长河", "古秀兰", "鲍福全"]
    page.click(".gk-pager a[aria-label='上一页']")
    page.wait_for_selector("input[value=p0]")
    assert page.is_checked("input[value=p2]") and not page.is_checked("input[value=p1]")
    page.click("[data-selection-chips] button[aria-label='不选古秀兰']")
    page.click("text=加入申报")
    page.wait_for_selector("#toasts .gk-note-ok")
    assert site.state.posts == [{"ids": ["p0", "p7"], "all": None}]
    page.check("[data-select-page]")
    page.click("[data-selection-all]")
    assert page.inner_text("[data-selection-count]") == "12"
    page.click("text=加入申报")
    until(page, "document.querySelectorAll('#toasts .gk-note-ok').length === 2")
    assert site.state.posts[1]["all"] == "1"


def test_page_size_changes_in_place(site: Site) -> None:
    page = site.open("/list")
    page.select_option(".gk-pager select", "10")
    page.wait_for_selector("input[value=p9]")
    assert "per_page=10" in page.url and "q=a%26b" in page.url


def test_autosave_keeps_what_was_typed_and_tells(site: Site) -> None:
    page = site.open("/form")
    page.fill("#name", "古丽娜尔·阿山")
    until(page, "document.querySelector('.gk-saved').textContent.startsWith('已自动保存')")
    assert site.state.autosaves[-1]["name"] == "古丽娜尔·阿山"
    assert page.input_value("[name=version]") == "1"


def test_session_end_during_autosave_asks_in_place_and_saves_afterwards(site: Site) -> None:
    page = site.open("/form")
    site.state.signed_in = False
    page.fill("#name", "卫永年")
    page.wait_for_selector("#login-again[open]")
    assert page.locator("#name").is_hidden(), "personal data stays on the screen after the time-out"
    page.fill("#again-password", "wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("#login-host [data-error-summary]")
    page.fill("#again-password", "right")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('.gk-saved').textContent.startsWith('已自动保存')")
    assert site.state.autosaves[-1]["name"] == "卫永年"
    assert page.input_value("#name") == "卫永年"


def test_htmx_post_refused_with_401_is_sent_again_after_signing_in(site: Site) -> None:
    page = site.open("/list")
    page.click("#edit-p1")
    page.fill("#modal [name=name]", "闻国梁")
    page.select_option("#modal [name=grade]", "4")
    page.fill("#modal [name=born]", "1975-08-03")
    page.check("#modal #sex-0")
    site.state.signed_in = False
    page.click("#modal button[type=submit]")
    page.wait_for_selector("#login-again[open]")
    page.fill("#again-password", "right")
    page.keyboard.press("Enter")
    page.locator("#modal").wait_for(state="hidden")
    assert site.state.posts == [{"name": "闻国梁"}]


def test_idle_warning_counts_down_and_staying_renews(browser: sync_api.Browser) -> None:
    site = Site(browser, idle_minutes=1, idle_warn_minutes=1)
    try:
        page = site.open("/form")
        page.wait_for_selector("#idle[open]")
        assert page.inner_text("#idle-left").startswith("0:5")
        assert serious(page) == []
        with page.expect_response("**/keepalive") as answer:
            page.click("[data-idle-stay]")
        assert answer.value.status == 204
    finally:
        site.close()
    assert site.complaints == []


def test_upload_shows_progress_refuses_early_and_can_be_retried(site: Site, tmp_path: Path) -> None:
    page = site.open("/uploads")
    large = tmp_path / "大文件.pdf"
    large.write_bytes(b"%PDF" + b"0" * (3 * 1024 * 1024))
    page.set_input_files("#file-1", large)
    page.wait_for_selector("#slot-1 .gk-up.is-bad")
    assert "超过 2 MB" in page.inner_text("#slot-1 .gk-up-w") and site.state.uploads == []
    small = tmp_path / "1身份证.pdf"
    small.write_bytes(b"%PDF-1.7")
    site.state.fail_uploads = 1
    page.set_input_files("#file-1", small)
    until(page, "document.querySelector('#slot-1 .gk-up-w').textContent.includes('磁盘空间不足')")
    page.click("#slot-1 .gk-up button:has-text('重试')")
    page.wait_for_selector("#slot-1 .gk-tag-ok")
    assert site.state.uploads == [("1身份证.pdf", 8, "")]


def test_session_end_during_upload_goes_on_after_signing_in(site: Site, tmp_path: Path) -> None:
    page = site.open("/uploads")
    small = tmp_path / "2身份证.pdf"
    small.write_bytes(b"%PDF-1.7")
    site.state.signed_in = False
    page.set_input_files("#file-1", small)
    page.wait_for_selector("#login-again[open]")
    page.fill("#again-password", "right")
    page.keyboard.press("Enter")
    page.wait_for_selector("#slot-1 .gk-tag-ok")
    assert [name for name, _, _ in site.state.uploads] == ["2身份证.pdf"]


def test_many_files_at_once_go_one_by_one(site: Site, tmp_path: Path) -> None:
    page = site.open("/uploads")
    files = []
    for number in range(1, 6):
        files.append(tmp_path / f"{number}材料.pdf")
        files[-1].write_bytes(b"%PDF" + b"x" * number)
    page.set_input_files("#many", files)
    page.wait_for_selector("#got li:nth-child(5)")
    assert sorted(name for name, _, _ in site.state.uploads) == [f"{n}材料.pdf" for n in range(1, 6)]
    assert page.locator(".gk-up").count() == 0


def test_a_dropped_file_goes_to_the_slot_under_the_pointer(site: Site) -> None:
    page = site.open("/uploads")
    page.evaluate(
        """() => { const data = new DataTransfer(); data.items.add(new File(['%PDF'], '身份证.pdf', {type: 'application/pdf'}));
        const slot = document.querySelector('#slot-2');
        for (const name of ['dragover', 'drop']) slot.dispatchEvent(new DragEvent(name, {dataTransfer: data, bubbles: true, cancelable: true})); }"""
    )
    until(page, "document.querySelector('#slot-2 .gk-slot-file')?.textContent === '身份证.pdf'")
    assert site.state.uploads == [("身份证.pdf", 4, "")]


def test_large_type_is_remembered_without_browser_storage(site: Site) -> None:
    page = site.open("/")
    page.click("[data-large-type]")
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "18px"
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "18px"
    # htmx notes the address of the page there (never personal data: no address holds any); nothing else may.
    kept = page.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage))")
    assert set(kept) <= {"htmx-current-path-for-history"}


def test_confirmation_before_a_plain_post(site: Site) -> None:
    page = site.open("/")
    page.click("form[data-confirm] button")
    page.wait_for_selector("#ask[open]")
    assert page.inner_text("#ask-text") == "确定删除“张三”吗？此操作不可恢复"
    page.click("#ask [data-answer=no]")
    assert page.url == site.url + "/"
    page.click("form[data-confirm] button")
    page.click("#ask [data-answer=yes]")
    page.wait_for_url("**/logout")


def test_search_select_is_labelled_and_needs_no_inline_style(site: Site) -> None:
    page = site.open("/form")
    page.wait_for_selector(".ts-wrapper")
    assert page.get_attribute(".ts-control input", "aria-labelledby") == page.get_attribute("label[for^=trade]", "id")
    page.click(".ts-control")
    page.wait_for_selector(".ts-dropdown .option")


def test_without_scripts_the_pages_still_work(browser: sync_api.Browser) -> None:
    site = Site(browser)
    try:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(site.url + "/list")
        page.check("input[value=p1]")
        assert page.locator(".gk-pager .gk-nojs").first.is_visible()
        page.click(".gk-pager a[aria-label='下一页']")
        assert page.locator("input[value=p5]").is_visible()
        context.close()
    finally:
        site.close()
