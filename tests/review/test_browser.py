"""The two panes, the inbox and 我的办件 in a real browser, with and without scripts."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from gkportal.review import queries
from gkportal.review.models import ReviewTask
from tests.client import client_for
from tests.review.notes import submit

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = next((found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None)
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("notes"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def open_as(app, world) -> Iterator[Callable]:
    """`open_as("clerk", "/cases", scripts=True)` gives a page; script errors and CSP complaints fail the test."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    complaints: list[str] = []
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)

        def start(who: str, path: str, *, scripts: bool = True, width: int = 1366):
            client = client_for(app, world.users[who])
            context = browser.new_context(
                viewport={"width": width, "height": 768}, java_script_enabled=scripts, locale="zh-CN"
            )
            url = f"http://127.0.0.1:{server.server_port}"
            context.add_cookies([{"name": "gk_session", "value": client.get_cookie("gk_session").value, "url": url}])
            page = context.new_page()
            page.set_default_timeout(8000)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda m: complaints.append(m.text) if m.type == "error" and "Content Security" in m.text else None,
            )
            page.goto(url + path)
            return page

        yield start
        browser.close()
    server.shutdown()
    thread.join(5)
    server.server_close()
    assert complaints == []


def _serious(page) -> list[str]:
    page.evaluate(AXE.read_text())
    return page.evaluate(
        "axe.run().then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id))"
    )


def test_a_case_by_keyboard_alone(world, open_as):
    task = submit(world, "柏长河")
    following = submit(world, "古秀兰")
    page = open_as("department_reviewer", f"/review/{task.public_id}")
    assert _serious(page) == []
    page.keyboard.press("1")
    page.wait_for_selector("#item-saved >> text=已保存")
    page.keyboard.press("j")
    page.wait_for_url("**item=material:7")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("[data-viewer-here] >> text=2 / 2")
    assert list(queries.verdicts_of(task)) == ["form"], "turning a page never changes a verdict"
    page.keyboard.press("2")
    page.wait_for_selector("#item-saved >> text=请写明需要怎样修改")
    page.keyboard.type("缺核对章")
    page.wait_for_selector("#why >> text=有 1 项需修改")
    assert queries.fix_verdicts(task) == {"material:7": "缺核对章"}
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/review/{following.public_id}")
    decided = ReviewTask.get_by_id(task.id)
    assert (decided.decision, decided.return_to) == ("return", "unit")


def test_typed_opinion_survives_changing_the_item_and_keys_can_be_switched_off(world, open_as):
    task = submit(world)
    page = open_as("department_reviewer", f"/review/{task.public_id}?item=form")
    page.fill("#opinion", "材料齐全")
    page.click("#mats a >> nth=2")
    page.wait_for_url("**item=section:career")
    assert page.input_value("#opinion") == "材料齐全"
    page.click("[data-toggle-keys]")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("k")
    page.wait_for_timeout(300)
    assert page.url.endswith("item=section:career")


def test_bulk_pass_over_two_pages_in_the_modal(world, open_as):
    for number in range(12):
        submit(world, f"桑春{number:02d}")
    page = open_as("department_reviewer", "/review")
    page.check("input[data-select-id] >> nth=0")
    page.click("nav[aria-label=翻页] a[aria-label=下一页]")
    page.wait_for_selector("text=桑春11")
    page.check("input[data-select-id] >> nth=1")
    page.click("button:has-text('批量通过') >> nth=0")
    page.wait_for_selector("#modal[open] >> text=桑春00、桑春11")
    assert _serious(page) == []
    page.click("#modal button:has-text('审核通过 2 件')")
    page.wait_for_selector("#modal >> text=审核通过 2 件")
    page.wait_for_selector("#modal >> text=已办理")
    assert ReviewTask.select().where(ReviewTask.decision == "pass").count() == 2


def test_reject_asks_in_a_modal_with_the_typed_opinion(world, open_as):
    task = submit(world)
    page = open_as("department_reviewer", f"/review/{task.public_id}")
    page.fill("#opinion", "年限不足")
    page.click("button:has-text('审核不通过')")
    page.wait_for_selector("#modal[open]")
    assert page.input_value("#reject-opinion") == "年限不足"
    page.click("button:has-text('确认不通过')")
    page.wait_for_url("**/review")
    assert ReviewTask.get_by_id(task.id).opinion == "年限不足"


def test_everything_without_scripts(world, open_as):
    task = submit(world, "柏长河")
    page = open_as("department_reviewer", "/review", scripts=False)
    page.click("tbody th a")
    page.click("#mats a >> nth=1")
    page.check("#verdict-fix")
    page.fill("#remark", "缺页")
    page.click("text=保存本项意见")
    page.click("a[aria-label='第 2 页']")
    assert "page=2" in page.url
    page.click("button:has-text('退回修改')")
    assert "柏长河　退回修改，已记录。" in page.inner_text("#messages")
    assert ReviewTask.get_by_id(task.id).decision == "return"


def test_progress_opens_in_place_and_nothing_scrolls_sideways(world, open_as):
    task = submit(world)
    page = open_as("clerk", "/cases")
    page.click(f"[id='t-{task.case.public_id}']")
    page.wait_for_selector("text=办理记录")
    assert _serious(page) == []
    page.click(f"[id='t-{task.case.public_id}']")
    page.wait_for_selector(f"[id='p-{task.case.public_id}'][hidden]", state="attached")
    for who, path in (
        ("clerk", "/cases"),
        ("department_reviewer", "/review"),
        ("department_reviewer", f"/review/{task.public_id}"),
    ):
        narrow = open_as(who, path, width=683)
        assert narrow.evaluate("document.documentElement.scrollWidth") == 683, path
