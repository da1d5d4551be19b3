"""Signing in and out through the pages: cookies, fixation, replay, enumeration, next, throttling, time-outs."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from gkportal import config, create_app
from gkportal.auth import passwords, sign_in, throttle
from gkportal.auth.models import LoginAttempt, RoleGrant, User, UserSession
from gkportal.auth.sessions import token_hash
from gkportal.core import clock, db
from gkportal.core.errors import Invalid, TooMany
from gkportal.orgs.models import Organization
from tests.auth.helpers import GOOD, log_in, signed_in, token_of, verbs
from tests.client import client_for
from tests.world import NOW, PASSWORD


def text(response):
    return response.get_data(as_text=True)


def test_login_page_and_first_pages(app, visitor):
    page = text(visitor.get("/login"))
    assert "账号登录" in page and 'autocomplete="username"' in page and 'autocomplete="current-password"' in page
    assert "Chromium 90" in page
    assert visitor.get("/account").headers["Location"] == "/login?next=/account"
    assert log_in(visitor, "CLERK ").headers["Location"] == "/"
    assert visitor.get("/account").status_code == 200
    assert verbs() == ["auth.sign_in"]


def test_cookie_flags_and_token_is_stored_hashed(app, visitor):
    response = log_in(visitor, "clerk")
    cookie = next(c for c in response.headers.getlist("Set-Cookie") if c.startswith("gk_session="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie and "Domain" not in cookie
    token = cookie.split("=", 1)[1].split(";")[0]
    assert len(token) >= 43
    assert UserSession.get().token_hash == token_hash(token) != token


def test_https_cookie_is_host_prefixed_and_secure(app, template_instance, tmp_path):
    settings = config.Settings(
        instance_dir=tmp_path / "instance", secret_key="k" * 40, public_url="https://gk.example.gov.cn"
    )
    secure = create_app(settings)
    client = client_for(secure)
    data = {"username": "clerk", "password": PASSWORD}
    base = "https://gk.example.gov.cn"
    page = text(client.get("/login", base_url=base))
    data["csrf_token"] = page.split('name="csrf-token" content="')[1].split('"')[0]
    response = client.post("/login", data=data, base_url=base, headers={"Referer": base + "/login"})
    cookie = next(c for c in response.headers.getlist("Set-Cookie") if c.startswith("__Host-session="))
    assert "Secure" in cookie and "HttpOnly" in cookie
    assert "includeSubDomains" in response.headers["Strict-Transport-Security"]
    for name in ("inspector", "renderer"):
        secure.extensions["gk_services"][name].close()


def test_session_fixation_gets_a_new_token_and_csrf_secret(app, visitor):
    visitor.set_cookie("gk_session", "chosen-by-somebody-else")
    before = token_of(visitor)
    response = log_in(visitor, "clerk")
    assert not UserSession.select().where(UserSession.token_hash == token_hash("chosen-by-somebody-else")).exists()
    assert "gk_session=chosen" not in str(response.headers)
    visitor.csrf_header = before
    assert visitor.post("/session/keepalive").status_code == 400


def test_signing_in_again_replaces_the_session(app, visitor):
    log_in(visitor, "clerk")
    first = visitor.get_cookie("gk_session").value
    token = token_of(visitor, "/account")
    visitor.post("/login", data={"username": "clerk2", "password": PASSWORD, "csrf_token": token})
    assert [row.user.username for row in UserSession.select()] == ["clerk2"]
    old = client_for(app)
    old.set_cookie("gk_session", first)
    assert old.get("/account").status_code == 303


def test_logout_is_post_only_kills_the_row_and_clears_the_browser(app):
    client = signed_in(app, "clerk")
    cookie = client.get_cookie("gk_session").value
    assert client.get("/logout").status_code == 405
    response = client.post("/logout")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert response.headers["Location"] == "/login?left=1"
    assert UserSession.select().count() == 0
    replay = client_for(app)
    replay.set_cookie("gk_session", cookie)
    assert replay.get("/account").status_code == 303
    assert "已安全退出" in text(client.get("/login?left=1"))
    assert verbs() == ["auth.sign_in", "auth.sign_out"]


def test_logout_needs_the_token(app):
    client = signed_in(app, "clerk")
    client.csrf_header = None
    assert client.post("/logout").status_code == 400
    assert UserSession.select().count() == 1


def test_known_and_unknown_names_get_the_same_answer_and_the_same_work(app, monkeypatch):
    checked = []
    real = passwords._hasher.verify
    monkeypatch.setattr(
        type(passwords._hasher), "verify", lambda self, stored, given: checked.append(stored) or real(stored, given)
    )
    answers = []
    for name in ("clerk", "nobody-here"):
        response = log_in(client_for(app), name, "Wrong-password-1")
        answers.append((response.status_code, text(response).replace(name, "").split("<main")[1]))
    assert len(checked) == 2 and all(stored.startswith("$argon2id$") for stored in checked)
    import re

    same = [re.sub(r'csrf_token" value="[^"]+"|content="[^"]+"|type="hidden"[^>]*>', "", body) for _, body in answers]
    assert answers[0][0] == answers[1][0] == 422 and same[0] == same[1]
    assert "用户名或密码不正确" in same[0]


def test_over_long_password_is_refused_without_hashing(app, visitor, monkeypatch):
    monkeypatch.setattr(type(passwords._hasher), "verify", lambda *_: pytest.fail("hashed"))
    assert log_in(visitor, "clerk", "x" * 1_000_000).status_code == 422
    assert log_in(client_for(app), "clerk", PASSWORD + " " * 300).status_code == 422


def test_rehash_at_login(app, visitor):
    before = User.get(User.username == "clerk").password_hash
    assert "m=8192" in before
    log_in(visitor, "clerk")
    after = User.get(User.username == "clerk").password_hash
    assert "m=19456,t=2,p=1" in after and passwords.verify(after, PASSWORD)


NEXT_BAD = (
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example", "https://evil.example/account",
    "http:/evil.example", "/%09/evil.example", "/%5cevil.example", "/%5C%5Cevil.example", "javascript:alert(1)", " //evil.example",
    "/\t/evil.example", "/account\r\nSet-Cookie: a=b", "/%0d%0aLocation:%20//evil", "account", "/nowhere", "/logout",
    "/static/portal.css", "/login?next=//evil", "//account", "/%2f/evil.example", "/account%00", "@evil.example", "/session/keepalive",
    "data:text/html,x", "/" + "a" * 3000,
)  # fmt: skip


@pytest.mark.parametrize("target", NEXT_BAD)
def test_next_never_leaves_the_site(app, visitor, target):
    from urllib.parse import quote

    response = log_in(visitor, "clerk", url="/login?next=" + quote(target, safe=""))
    assert response.status_code == 303 and response.headers["Location"] == "/"


@pytest.mark.parametrize("target", ["/account", "/organization", "/people?state=active&page=2"])
def test_next_inside_the_site(app, visitor, target):
    from urllib.parse import quote

    assert log_in(visitor, "unit_admin", url="/login?next=" + quote(target, safe="")).headers["Location"] == target


def test_login_needs_the_csrf_token(visitor):
    response = visitor.post("/login", data={"username": "clerk", "password": PASSWORD})
    assert response.status_code == 400 and UserSession.select().count() == 0


# ---- throttling ----


def fail(app, name, times, source):
    return [log_in(client_for(app), name, "Wrong-password-1", source=source) for _ in range(times)]


def spaced_failures(app, name, times, source="10.0.0.1"):
    """Failures with the growing delay waited out in between."""
    at, last = clock.now(), None
    for n in range(times):
        with clock.freeze(at + timedelta(seconds=10 * n)):
            last = log_in(client_for(app), name, "Wrong-password-1", source=source)
    return at + timedelta(seconds=10 * (times - 1)), last


def test_five_failures_stop_that_source_only(app):
    at, _ = spaced_failures(app, "clerk", 5)
    with clock.freeze(at + timedelta(seconds=1)):
        stopped = log_in(client_for(app), "clerk", source="10.0.0.1")
        assert stopped.status_code == 429 and "请 10 分钟后再试" in text(stopped)
        assert log_in(client_for(app), "clerk", source="10.0.0.2").status_code == 303
        assert log_in(client_for(app), "clerk2", source="10.0.0.1").status_code == 303
    with clock.freeze(at + timedelta(minutes=10, seconds=1)):
        assert log_in(client_for(app), "clerk", source="10.0.0.1").status_code == 303
    assert verbs().count("auth.sign_in_locked") == 1 and verbs().count("auth.sign_in_failed") == 4


def test_unknown_name_is_stopped_alike(app):
    at, _ = spaced_failures(app, "nobody-here", 5)
    with clock.freeze(at + timedelta(seconds=1)):
        assert log_in(client_for(app), "nobody-here", source="10.0.0.1").status_code == 429


def test_delay_grows_before_the_lock(app):
    assert [r.status_code for r in fail(app, "clerk", 4, "10.0.0.1")] == [422, 422, 422, 429]
    limits = throttle.Limits()
    assert [limits.delay(n).total_seconds() for n in (1, 2, 3, 4, 5, 9, 10, 15, 99)] == [
        0,
        0,
        2,
        4,
        600,
        600,
        1200,
        2400,
        3600,
    ]
    assert throttle.say_wait(timedelta(seconds=3.2)) == "4 秒" and throttle.say_wait(timedelta(seconds=61)) == "2 分钟"


def test_parallel_guesses_are_counted_before_they_are_checked(app):
    settings = app.config["GK"]
    results = []

    def guess():
        try:
            sign_in.sign_in(
                username="clerk",
                password="Wrong-password-1",
                caller=sign_in.Caller("10.0.0.9"),
                now=NOW,
                settings=settings,
            )
        except (Invalid, TooMany) as error:
            results.append(type(error).__name__)
        finally:
            db.database.close()

    threads = [threading.Thread(target=guess) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("Invalid") == 3 and results.count("TooMany") == 17


def test_account_cap_spares_familiar_sources(app):
    log_in(client_for(app), "clerk", source="10.1.0.1")
    key = throttle.account_key("clerk")
    with db.write_transaction():
        for n in range(throttle.ACCOUNT_CAP):
            LoginAttempt.create(account_key=key, source_key=f"192.0.2.{n}", at=NOW, succeeded=False)
    assert log_in(client_for(app), "clerk", source="10.9.9.9").status_code == 429
    assert log_in(client_for(app), "clerk", source="10.1.0.1").status_code == 303
    with clock.freeze(NOW + timedelta(seconds=61)):
        assert log_in(client_for(app), "clerk", source="10.9.9.9").status_code == 303


def test_typed_names_are_not_stored(app, visitor):
    log_in(visitor, "My-Secret-Password-99", "x")
    assert "secret" not in str([row.__data__ for row in LoginAttempt.select()]).lower()


# ---- what ends a session ----


def test_idle_and_absolute_time(app):
    client = signed_in(app, "clerk")
    with clock.freeze(NOW + timedelta(minutes=29)):
        assert client.get("/account").status_code == 200
    with clock.freeze(NOW + timedelta(minutes=58)):
        assert client.get("/account").status_code == 200
    with clock.freeze(NOW + timedelta(minutes=90)):
        assert client.get("/account").status_code == 303
        assert "登录已超时" in text(client.get("/login")) or UserSession.select().count() == 0


def test_absolute_end_in_spite_of_use(app):
    client = signed_in(app, "clerk")
    for minutes in range(20, 12 * 60 + 1, 20):
        with clock.freeze(NOW + timedelta(minutes=minutes)):
            assert client.get("/organization").status_code == 200
    with clock.freeze(NOW + timedelta(hours=12, minutes=1)):
        assert client.get("/organization").status_code == 303


def test_keepalive_extends_idle_only(app):
    client = signed_in(app, "clerk")
    with clock.freeze(NOW + timedelta(seconds=30)):
        answer = client.post("/session/keepalive")
        assert answer.status_code == 204 and answer.headers["X-Idle-Seconds"] == "1800"
        assert UserSession.get().seen_at == NOW + timedelta(seconds=30)
    assert client.get("/session/keepalive").status_code == 405


def test_page_tells_the_idle_time(app):
    page = text(signed_in(app, "clerk").get("/account"))
    assert 'data-idle-seconds="1800"' in page and 'data-idle-warn-seconds="120"' in page


@pytest.mark.parametrize("what", ["user", "organization"])
def test_disabled_person_or_unit_is_out_at_once(app, what):
    client = signed_in(app, "clerk")
    if what == "user":
        User.update(active=False).where(User.username == "clerk").execute()
    else:
        Organization.update(active=False).where(Organization.public_id == "org-unit").execute()
    assert client.get("/account").status_code == 303
    answer = log_in(client_for(app), "clerk")
    assert answer.status_code == 403 and "已停用" in text(answer)
    assert "已停用" not in text(log_in(client_for(app), "clerk", "Wrong-password-1"))


def test_two_session_queries_a_request(app):
    client = signed_in(app, "clerk")
    seen = []
    real = db.database.execute_sql

    def spy(sql, *arguments, **keywords):
        seen.append(sql)
        return real(sql, *arguments, **keywords)

    db.database.execute_sql = spy
    try:
        client.post("/account/sessions/nothing/end")
    finally:
        del db.database.execute_sql
    about = [sql for sql in seen if ("user_session" in sql and sql.startswith("SELECT")) or "role_grant" in sql]
    assert len(about) == 2, about


# ---- signing in again in place ----


def expired(app):
    client = signed_in(app, "clerk")
    stale = client.csrf_header
    UserSession.delete().execute()
    return client, stale


def test_htmx_post_after_the_time_out_asks_in_place(app):
    client, _ = expired(app)
    answer = client.post("/account/edit", data={"display_name": "穆知秋"}, htmx=True)
    assert answer.status_code == 401 and answer.headers["X-Login-Modal"] == "/login/again"
    page = client.get("/people", htmx=True, headers={"HX-Current-URL": "http://localhost/people?state=active"})
    assert page.status_code == 401 and page.headers["HX-Redirect"] == "/login?next=/people?state%3Dactive"


def again(client, stale, username, password=PASSWORD):
    fragment = client.get("/login/again", headers={"X-CSRFToken": stale}, htmx=True)
    assert "<html" not in text(fragment)
    form_token = text(fragment).split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
    page = text(fragment).split('name="page" value="')[1].split('"')[0]
    client.csrf_header = None
    return fragment, client.post(
        "/login/again",
        data={"username": username, "password": password, "csrf_token": form_token, "page": page},
        htmx=True,
    )


def test_login_again_same_person(app):
    client, stale = expired(app)
    fragment, answer = again(client, stale, "clerk")
    assert "穆知秋" in text(fragment) and 'value="clerk"' in text(fragment)
    assert answer.status_code == 204 and answer.headers["HX-Trigger"] == '{"signed-in": true}'
    client.csrf_header = answer.headers["X-CSRF-Token"]
    assert client.post("/session/keepalive").status_code == 204


def test_login_again_another_person_is_a_sentence(app):
    client, stale = expired(app)
    _, answer = again(client, stale, "clerk2")
    assert answer.status_code == 422 and "不是刚才的那个账号" in text(answer)
    assert UserSession.select().count() == 0


def test_login_again_wrong_password(app):
    client, stale = expired(app)
    _, answer = again(client, stale, "clerk", "Wrong-password-1")
    assert answer.status_code == 422 and "用户名或密码不正确" in text(answer)


def test_login_again_when_another_tab_did_it(app):
    client = signed_in(app, "clerk")
    answer = client.get("/login/again")
    assert answer.status_code == 204
    stranger = signed_in(app, "clerk2")
    stranger.csrf_header = client.csrf_header
    assert stranger.get("/login/again", headers={"X-CSRFToken": client.csrf_header}).status_code == 409


# ---- first password, forced change ----


def new_account(app, world):
    from gkportal.auth import operations
    from gkportal.core.actor import Role

    return operations.create_account(
        actor=world.actor("unit_admin"), now=NOW, organization=world.orgs["unit"], username="linxin", display_name="蔺新",
        phone="", roles=[Role.CLERK],
    )  # fmt: skip


def test_first_password_must_be_changed_before_anything_else(app, world):
    made = new_account(app, world)
    client = client_for(app)
    log_in(client, "linxin", made.password)
    for url in ("/account", "/organization", "/"):
        assert client.get(url).headers["Location"].startswith("/account/first-password")
    assert client.get("/account", htmx=True).headers["HX-Redirect"].startswith("/account/first-password")
    with client.get("/static/portal.css") as style:
        assert style.status_code == 200
    client.csrf_header = token_of(client, "/account/first-password")
    assert (
        client.post("/account/edit", data={"display_name": "蔺新"})
        .headers["Location"]
        .startswith("/account/first-password")
    )
    data = {"old_password": made.password, "new_password": "short", "repeat": "short"}
    bad = client.post("/account/first-password", data=data)
    assert bad.status_code == 422 and "至少 10 个字符" in text(bad)
    cookie = client.get_cookie("gk_session").value
    done = client.post("/account/first-password?next=/organization", data=data | {"new_password": GOOD, "repeat": GOOD})
    assert done.headers["Location"] == "/organization"
    assert client.get("/account").status_code == 200 and client.get_cookie("gk_session").value != cookie
    assert log_in(client_for(app), "linxin", made.password).status_code == 422
    assert log_in(client_for(app), "linxin", GOOD).status_code == 303


def test_first_password_expires_after_seven_days(app, world):
    made = new_account(app, world)
    with clock.freeze(NOW + timedelta(days=7, seconds=1)):
        answer = log_in(client_for(app), "linxin", made.password)
        assert answer.status_code == 403 and "初始密码已过期" in text(answer)


def test_password_is_due_after_ninety_days(app):
    with clock.freeze(NOW + timedelta(days=91)):
        client = client_for(app)
        log_in(client, "clerk")
        assert client.get("/organization").headers["Location"] == "/account/first-password?next=/organization"
        assert "密码已到期" in text(client.get("/account/first-password"))


def test_role_with_an_end_day_ends(app, world):
    RoleGrant.update(ends_on=NOW.date()).where(RoleGrant.user == world.users["unit_admin"]).execute()
    client = signed_in(app, "unit_admin")
    assert client.get("/people").status_code == 200
    with clock.freeze(NOW + timedelta(days=1)):
        assert log_in(client, "unit_admin").status_code == 303
        assert client.get("/people").status_code == 403
