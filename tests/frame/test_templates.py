"""The frame and every macro render to valid, labelled, script-free HTML."""

from __future__ import annotations

import re

import html5lib
import pytest
from flask import Flask, render_template_string

from tests.client import check_html
from tests.frame import sample

#: Parse errors of html5lib that say nothing about the page (it predates <dialog> only in its own list of names).
_HARMLESS = set()


@pytest.fixture(scope="module")
def app() -> Flask:
    """The sample application."""
    return sample.build()


def parse_errors(html: str) -> list[str]:
    """HTML parse errors by the standard's names."""
    parser = html5lib.HTMLParser()
    parser.parse(html)
    return [f"{place}: {name} {data}" for place, name, data in parser.errors if name not in _HARMLESS]


@pytest.mark.parametrize(
    "path", ["/", "/list", "/form", "/uploads", "/paper", "/public", "/login", "/error/404", "/error/500"]
)
def test_pages_are_valid_html(app: Flask, path: str) -> None:
    response = app.test_client().get(path)
    html = response.get_data(as_text=True)
    check_html(html, whole=True)
    assert parse_errors(html) == []
    assert "<title>" in html and 'lang="zh-CN"' in html


def test_fragments_have_unique_ids_and_labels(app: Flask) -> None:
    client = app.test_client()
    for path in ("/list", "/modal"):
        check_html(client.get(path, headers={"HX-Request": "true"}).get_data(as_text=True), whole=False)


def test_error_summary_links_to_fields_that_exist(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        html = app.test_client().post("/form", data={"name": "", "note": "x" * 501}).get_data(as_text=True)
    finally:
        app.config["WTF_CSRF_ENABLED"] = True
    assert "有 5 处需要修改" in html
    targets = re.findall(r'<li><a href="#([^"]+)">', html)
    assert targets == ["name", "note", "grade", "sex", "born"]
    assert all(f'id="{target}"' in html for target in targets)
    assert html.count('aria-invalid="true"') >= 4
    assert parse_errors(html) == []


def render(app: Flask, source: str, **context: object) -> str:
    """A macro call as text."""
    with app.test_request_context("/"):
        return render_template_string('{% import "macros/ui.html" as ui %}' + source, **context)


def test_pager_says_total_and_links_pages(app: Flask) -> None:
    html = render(
        app,
        "{{ ui.pager(page, 'sample.listing', {'q': 'a&b', 'per_page': 5}, target='#list') }}",
        page=sample.page_of(2),
    )
    assert "共 12 条" in html
    links = set(re.findall(r'<a href="([^"]+)"', html))
    assert links == {"/list?q=a%26b&amp;per_page=5&amp;page=1", "/list?q=a%26b&amp;per_page=5&amp;page=3"}
    assert html.count('action="/list"') == 2 and html.count('name="q" value="a&amp;b"') == 2
    assert 'hx-target="#list"' in html and 'aria-current="page"' in html
    assert 'aria-label="上一页"' in html and 'aria-label="下一页"' in html


def test_pager_of_a_capped_count_goes_on_beyond_what_was_counted(app: Flask) -> None:
    page = sample.page_of(300, total=1000, capped=True)
    html = render(app, "{{ ui.pager(page, 'sample.listing') }}", page=page)
    assert "共 1000+ 条" in html and ">300</span>" in html


def test_pager_by_form_sends_no_filter_in_addresses(app: Flask) -> None:
    html = render(app, "{{ ui.pager(page, form='filter') }}", page=sample.page_of(1))
    assert "href=" not in html.replace('href="/static', "").replace("use href", "")
    assert '<button type="submit" name="page" value="2" form="filter"' in html


@pytest.mark.parametrize(
    ("days", "hours", "words"),
    [
        (3, None, "还剩 <strong>3</strong> 天"),
        (0, 5, "还剩 <strong>5</strong> 小时"),
        (0, 0, "不足 1 小时"),
        (0, None, "已截止"),
    ],
)
def test_deadline_counts_days_then_hours(app: Flask, days: int, hours: int | None, words: str) -> None:
    assert words in render(app, "{{ ui.deadline(days, '4月15日 23:59 截止', hours=hours) }}", days=days, hours=hours)


def test_values_are_escaped_everywhere(app: Flask) -> None:
    bad = '"><img src=x onerror=alert(1)>'
    source = (
        "{{ ui.tag(b) }}{{ ui.note(b) }}{{ ui.facts([(b, b)]) }}{{ ui.empty(b, b, b, b) }}{{ ui.crumbs([(b, none)]) }}"
        "{{ ui.stages([{'label': b, 'note': b}]) }}{{ ui.timeline([{'time': b, 'title': b, 'opinion': b}]) }}"
        "{{ ui.field({'name': 'a', 'label': b, 'value': b, 'hint': b, 'errors': [b]}) }}{{ ui.error_summary([(b, b)]) }}"
        "{{ ui.tabs([{'label': b, 'url': b, 'count': 1}], b) }}{{ ui.greyed(b, b, 'k') }}{{ ui.modal_head(b, b) }}"
        "{{ ui.actions([{'label': b, 'url': b, 'post': true, 'confirm': b}]) }}{{ ui.pager(page, 'sample.listing', {'q': b}) }}"
    )
    html = render(app, source, b=bad, page=sample.page_of(2))
    assert "<img" not in html


def test_large_type_comes_from_the_cookie(app: Flask) -> None:
    client = app.test_client()
    assert 'class="gk-large"' not in client.get("/").get_data(as_text=True)
    client.set_cookie("gk_large", "1")
    html = client.get("/").get_data(as_text=True)
    assert '<html lang="zh-CN" class="gk-large">' in html and 'data-large-type aria-pressed="true"' in html


def test_plain_http_for_strangers_shows_a_red_banner() -> None:
    html = sample.build(public_url="http://portal.example").test_client().get("/").get_data(as_text=True)
    assert "连接未加密" in html
    assert "连接未加密" not in sample.build().test_client().get("/").get_data(as_text=True)


def test_htmx_is_configured_for_a_strict_policy(app: Flask) -> None:
    html = app.test_client().get("/").get_data(as_text=True)
    for setting in (
        '"allowEval":false',
        '"allowScriptTags":false',
        '"historyCacheSize":0',
        '"includeIndicatorStyles":false',
    ):
        assert setting in html
