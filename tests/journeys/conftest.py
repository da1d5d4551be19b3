"""The application behind waitress in this process (so that the clock stands), and people at their browsers."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from waitress import create_server

from gkportal.cli.server import waitress_settings
from tests.client import client_for
from tests.world import World

CHROMIUM = os.environ.get("GKPORTAL_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
RESULTS = Path(__file__).resolve().parents[2] / "test-results"

#: Collected in the page: complaints of the content security policy.
_LISTEN = "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def address(app: Flask, world: World) -> Iterator[str]:
    """The running server's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = waitress_settings(app.config["GK"], f"127.0.0.1:{port}") | {"threads": 8}
    server = create_server(app, **options)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.close()
    thread.join(5)


@pytest.fixture
def browse(app: Flask, world: World, chromium: Browser, address: str, request) -> Iterator[Callable[..., Page]]:
    """`browse("clerk")` gives that person's page, signed in; script errors and CSP complaints fail the test."""
    complaints: list[str] = []
    opened: list[SimpleNamespace] = []

    def start(who: str, path: str = "/", *, scripts: bool = True, width: int = 1366, height: int = 768) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=scripts, locale="zh-CN", base_url=address
        )
        if who:
            cookie = client_for(app, world.users[who]).get_cookie("gk_session")
            context.add_cookies([{"name": "gk_session", "value": cookie.value, "url": address}])
        context.add_init_script(_LISTEN)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(f"{who} {error}"))
        page.on("console", lambda m: complaints.append(f"{who} {m.text}") if m.text.startswith("CSP") else None)
        page.goto(path)
        opened.append(SimpleNamespace(context=context, page=page, who=who))
        return page

    yield start
    failed = getattr(request.node, "failed", False)
    for item in opened:
        if failed:
            RESULTS.mkdir(exist_ok=True)
            item.page.screenshot(path=str(RESULTS / f"{request.node.name}-{item.who or 'visitor'}.png"), full_page=True)
        item.context.close()
    assert complaints == []


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Remember a failure, so that its pages are kept as pictures."""
    outcome = yield
    if call.when == "call" and outcome.get_result().failed:
        item.failed = True
