"""Fixtures: a running office on a fresh copy of the test city, and people at their browsers in it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from gkportal.auth.models import UserSession
from gkportal.core import clock
from tests import world as worlds
from tests.browser.server import Helpers, Office
from tests.world import PASSWORD

CHROMIUM = os.environ.get("GKPORTAL_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run",
]  # fmt: skip
RESULTS = Path(__file__).resolve().parents[2] / "test-results"
WIDE = {"width": 1366, "height": 768}

#: The browser reports breaches of the content security policy to the page: pass them on to the console.
_LISTEN = "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"
#: Chromium and htmx write down every refusal (401, 409, 422) and every request that a later one replaces; 500s are caught apart.
_REFUSALS = re.compile(
    r"Failed to load resource|Response Status Error Code 4\d\d|htmx:(sendAbort|afterRequest|sendError)"
)

expect.set_options(timeout=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for the folder."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (GKPORTAL_CHROMIUM names it)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def helpers() -> Iterator[Helpers]:
    """Renderer and inspector processes for the folder."""
    started = Helpers()
    yield started
    started.close()


@pytest.fixture
def settings() -> dict[str, object]:
    """Settings of the office; a module or a test overrides this fixture."""
    return {}


@pytest.fixture
def office(template_instance: Path, tmp_path: Path, helpers: Helpers, settings: dict[str, object]) -> Iterator[Office]:
    """A server on a fresh copy of the test city. It is 10 April 2024, 09:30."""
    folder = tmp_path / "instance"
    shutil.copytree(template_instance, folder)
    made = Office(folder, helpers, worlds.NOW, **settings)
    made.start()
    yield made
    made.close()


@pytest.fixture
def app(office: Office) -> Flask:
    """The application that the office runs (before a restart)."""
    return office.app


@dataclass
class Logins:
    """Sessions made at the login page: signed in once a person, good in every copy of the city."""

    kept: dict[str, tuple[str, dict[str, object]]] = field(default_factory=dict)

    def enter(self, context: BrowserContext, office: Office, who: str) -> None:
        """Sign `who` in."""
        if who not in self.kept:
            self.kept[who] = _sign_in(context, who)
            return
        cookie, row = self.kept[who]
        now = clock.now()
        if UserSession.get_or_none(UserSession.token_hash == row["token_hash"]) is None:
            UserSession.insert(**row | {"created_at": now, "seen_at": now}).execute()
        context.add_cookies([{"name": "gk_session", "value": cookie, "url": office.url}])


def _sign_in(context: BrowserContext, who: str) -> tuple[str, dict[str, object]]:
    page = context.new_page()
    page.goto("/login")
    sign_in_at(page, who)
    expect(page.locator("form[data-logout]")).to_be_attached()
    page.close()
    cookie = next(one["value"] for one in context.cookies() if one["name"] == "gk_session")
    row = UserSession.select().order_by(UserSession.id.desc()).dicts().get()
    return cookie, {name: value for name, value in row.items() if name != "id"}


def sign_in_at(page: Page, who: str, password: str = PASSWORD) -> None:
    """Fill in the login form that is on the page."""
    page.get_by_label("用户名").fill(who)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


@pytest.fixture(scope="package")
def logins() -> Logins:
    """Sessions of the folder."""
    return Logins()


@dataclass
class Complaints:
    """What browsers and server complained about: script errors, console errors, policy breaches, 5xx answers."""

    found: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, text: str) -> None:
        """Complaints that contain `text` are meant."""
        self.allowed.append(text)

    def watch(self, context: BrowserContext, who: str) -> None:
        """Listen to every page of the context."""

        def add(text: str) -> None:
            self.found.append(f"{who or 'visitor'}: {text}")

        def console(message: ConsoleMessage) -> None:
            if message.type == "error" and not _REFUSALS.search(message.text):
                add(f"{message.text} ({message.location.get('url', '')})")

        def response(answer: Response) -> None:
            if answer.status >= 500:
                add(f"{answer.status} {answer.request.method} {answer.url}")

        def failed(request: Request) -> None:
            if request.failure != "net::ERR_ABORTED":
                add(f"{request.failure} {request.method} {request.url}")

        context.add_init_script(_LISTEN)
        context.on("requestfailed", failed)
        context.on("console", console)
        context.on("weberror", lambda error: add(str(error.error)))
        context.on("response", response)

    @property
    def open(self) -> list[str]:
        """Those that no test allowed."""
        return [text for text in self.found if not any(part in text for part in self.allowed)]


@pytest.fixture
def complaints() -> Complaints:
    """Of this test; anything left in it fails the test."""
    return Complaints()


@pytest.fixture
def browse(
    office: Office, chromium: Browser, logins: Logins, complaints: Complaints, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """`browse("clerk", "/cases")` opens a browser for that person, signed in; "" is a visitor."""
    opened: list[tuple[str, BrowserContext]] = []

    def start(who: str = "", path: str = "/", *, scripts: bool = True, size: dict[str, int] = WIDE, **options) -> Page:
        context = chromium.new_context(
            viewport=size, java_script_enabled=scripts, locale="zh-CN", base_url=office.url, **options
        )
        context.set_default_timeout(10_000)
        opened.append((who, context))
        complaints.watch(context, who)
        if who:
            logins.enter(context, office, who)
        page = context.new_page()
        page.goto(path)
        return page

    yield start
    for who, context in opened:
        if getattr(request.node, "failed", False):
            _keep_pictures(context, f"{request.node.name}-{who or 'visitor'}")
        context.close()
    assert complaints.open == []


def _keep_pictures(context: BrowserContext, name: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    plain = re.sub(r"[^\w.-]+", "-", name)
    for number, page in enumerate(context.pages):
        page.screenshot(path=str(RESULTS / f"{plain}-{number}.png"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Remember a failure, so that its pages are kept as pictures."""
    outcome = yield
    if call.when == "call" and outcome.get_result().failed:
        item.failed = True  # type: ignore[attr-defined]
