"""The same application behind https (a module of its own: one database is bound at a time)."""

from __future__ import annotations

import re

from tests.access.conftest import VISITOR, arena_on, csrf_token, log_in


def test_over_https_cookies_are_secure_and_browsers_are_told_to_stay(scene_instance, tmp_path):
    """ASVS 3.3.1 … 3.3.4, 3.4.1."""
    base = "https://gk.example.gov.cn"
    with arena_on(scene_instance, tmp_path / "instance", public_url=base) as arena:
        visitor = arena.client(VISITOR)
        page = visitor.get("/login", base_url=base)
        assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        for cookie in page.headers.getlist("Set-Cookie"):
            assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
        answer = log_in(visitor, base)
        cookie = next(item for item in answer.headers.getlist("Set-Cookie") if "session=" in item)
        assert re.fullmatch(r"__Host-session=[\w-]{43}; Secure; HttpOnly; Path=/; SameSite=Lax", cookie)
        assert visitor.get("/account", base_url=base).status_code == 200
        refused = visitor.post(
            "/account/edit", base_url=base, data={"csrf_token": csrf_token(visitor.get("/account", base_url=base))}
        )
        assert refused.status_code == 400, "a POST over https without a Referer of this site"
