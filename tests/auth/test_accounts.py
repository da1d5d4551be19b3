"""经办人管理, 账号与权限: who manages whom, one-time passwords, races, isolation, query counts."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest

from gkportal.audit import AuditEvent, verify_chain
from gkportal.auth import operations, passwords
from gkportal.auth.models import RoleGrant, User, UserSession
from gkportal.core import clock, db
from gkportal.core.actor import Role
from gkportal.core.errors import Conflict, Refused
from tests.auth.helpers import log_in, signed_in, verbs
from tests.client import client_for
from tests.world import NOW, PASSWORD


def text(response):
    return response.get_data(as_text=True)


NEW = {
    "username": "linxin",
    "display_name": "蔺新",
    "phone": "10000000026",
    "roles": ["clerk"],
    "organization": "org-unit",
}


def shown_password(response):
    return re.search(r'id="one-time">([^<]+)<', text(response)).group(1)


def user(name):
    return User.get(User.username == name)


def roles_of(name):
    return sorted(g.role for g in RoleGrant.select().where(RoleGrant.user == user(name)))


def test_create_shows_the_one_time_password_once(sign_in, app):
    admin = sign_in("unit_admin")
    answer = admin.post("/people/new", data=NEW, htmx=True)
    assert answer.status_code == 200 and "people-changed" in answer.headers["HX-Trigger"]
    password = shown_password(answer)
    assert re.fullmatch(r"[A-Za-z0-9]{4}-[A-Za-z0-9]{4}-[A-Za-z0-9]{4}", password)
    page = text(admin.get("/people"))
    assert "蔺新" in page and "待首次登录" in page and "100****0026" in page and "10000000026" not in page
    assert password not in page and password not in str(list(AuditEvent.select().dicts()))
    assert log_in(client_for(app), "linxin", password).status_code == 303
    made = user("linxin")
    assert made.initial_expires_at - made.password_set_at == timedelta(days=7) and roles_of("linxin") == ["clerk"]


def test_create_without_javascript_is_a_page(sign_in):
    answer = sign_in("unit_admin").post("/people/new", data=NEW)
    assert answer.status_code == 200 and "<html" in text(answer) and shown_password(answer)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"username": "clerk"}, "用户名“clerk”已被使用"),
        ({"username": "1abc"}, "以字母开头"),
        ({"username": "a19800506001"}, "不要用身份证号或手机号"),
        ({"display_name": ""}, "请填写姓名"),
        ({"phone": "12345"}, "不像有效号码"),
        ({"roles": []}, "请至少选择一个角色"),
        ({"roles": ["security_admin"]}, "请从列表中选择"),
        ({"roles": ["reviewer"]}, "请从列表中选择"),
    ],
)
def test_bad_input_is_kept_with_a_sentence(sign_in, change, sentence):
    answer = sign_in("unit_admin").post("/people/new", data=NEW | change, htmx=True)
    assert answer.status_code == 422 and sentence in text(answer) and "<html" not in text(answer)
    assert change.get("display_name", "蔺新") in text(answer)
    assert not User.select().where(User.username == "linxin").exists()


def test_edit_changes_roles_and_ends_sessions(sign_in, app):
    client = signed_in(app, "clerk")
    admin = sign_in("unit_admin")
    data = {"version": user("clerk").version, "display_name": "穆知夏", "phone": "", "roles": ["clerk", "unit_admin"]}
    answer = admin.post("/people/user-clerk/edit", data=data, htmx=True)
    assert answer.status_code == 204 and "people-changed" in answer.headers["HX-Trigger"]
    assert roles_of("clerk") == ["clerk", "unit_admin"] and user("clerk").display_name == "穆知夏"
    assert client.get("/account").status_code == 303
    again = admin.post("/people/user-clerk/edit", data=data, htmx=True)
    assert again.status_code == 422 and "刚刚被别人修改过" in text(again)


def test_reset_gives_a_new_password_and_ends_sessions(sign_in, app):
    client = signed_in(app, "clerk")
    answer = sign_in("unit_admin").post("/people/user-clerk/reset", data={"version": user("clerk").version}, htmx=True)
    password = shown_password(answer)
    assert client.get("/account").status_code == 303
    assert log_in(client_for(app), "clerk").status_code == 422
    assert log_in(client_for(app), "clerk", password).status_code == 303
    assert user("clerk").must_change_password and verbs()[-2:] == ["auth.sign_in_failed", "auth.sign_in"]


def test_of_two_resets_at_once_one_wins(app, world):
    actor, target = world.actor("unit_admin"), user("clerk")
    won, lost = [], []

    def reset():
        db.connect()
        try:
            won.append(operations.reset_password(actor=actor, now=NOW, user=target, version=target.version))
        except Conflict as error:
            lost.append(error.message)
        finally:
            db.database.close()

    threads = [threading.Thread(target=reset) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1 and len(lost) == 3 and "刚刚被别人修改过" in lost[0]
    assert passwords.verify(user("clerk").password_hash, won[0])
    assert verbs().count("auth.password_reset") == 1


def test_disable_enable(sign_in, app):
    client = signed_in(app, "clerk")
    admin = sign_in("unit_admin")
    ask = admin.get("/people/user-clerk/active", htmx=True)
    assert "停用后 穆知秋" in text(ask)
    assert (
        admin.post("/people/user-clerk/active", data={"version": user("clerk").version}, htmx=True).status_code == 204
    )
    assert client.get("/account").status_code == 303 and log_in(client_for(app), "clerk").status_code == 403
    assert admin.post("/people/user-clerk/reset", data={"version": user("clerk").version}).status_code == 403
    admin.post("/people/user-clerk/active", data={"version": user("clerk").version})
    assert log_in(client_for(app), "clerk").status_code == 303


def test_unlock(sign_in, app):
    for n in range(5):
        with clock.freeze(NOW + timedelta(seconds=10 * n)):
            log_in(client_for(app), "clerk", "Wrong-password-1", source="10.0.0.1")
    with clock.freeze(NOW + timedelta(seconds=50)):
        admin = sign_in("unit_admin")
        assert "登录受限" in text(admin.get("/people")) and "解除限制" in text(admin.get("/people"))
        assert log_in(client_for(app), "clerk", source="10.0.0.1").status_code == 429
        assert admin.post("/people/user-clerk/unlock", htmx=True).status_code == 204
        assert "登录受限" not in text(admin.get("/people"))
        assert log_in(client_for(app), "clerk", source="10.0.0.1").status_code == 303


def test_end_sessions(sign_in, app):
    client, other = signed_in(app, "clerk"), signed_in(app, "clerk")
    sign_in("unit_admin").post("/people/user-clerk/end-sessions")
    assert client.get("/account").status_code == 303 and other.get("/account").status_code == 303


VERBS = ("edit", "reset", "active", "unlock", "end-sessions")


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "target", ["user-sibling-clerk", "user-foreign-clerk", "user-department-reviewer", "user-city-reviewer"]
)
def test_other_units_people_are_404(sign_in, verb, target):
    admin = sign_in("unit_admin")
    assert admin.get(f"/people/{target}/{verb}").status_code == 404
    assert admin.post(f"/people/{target}/{verb}", data={"version": 1}).status_code == 404


def test_other_units_are_not_listed_or_filled(sign_in):
    admin = sign_in("unit_admin")
    for page in (
        admin.get("/people?unit=org-sibling"),
        admin.post("/people", data={"text": "游小川"}),
        admin.post("/people", data={"text": "%"}),
    ):
        rows = text(page).split('id="people"')[1]
        assert "游小川" not in rows and "管若兰" not in rows
    assert admin.get("/people/new?organization=org-sibling").status_code == 404
    assert admin.post("/people/new", data=NEW | {"organization": "org-sibling"}).status_code == 404
    assert not User.select().where(User.username == "linxin").exists()


def test_office_manages_accounts_below_but_not_beside(sign_in):
    office = sign_in("district_reviewer")
    assert office.post("/people/user-unit-admin/reset", data={"version": 1}).status_code == 200
    assert (
        office.post("/people/new", data=NEW | {"organization": "org-sibling", "roles": ["unit_admin"]}).status_code
        == 200
    )
    assert user("linxin").organization.public_id == "org-sibling"
    assert office.get("/people/user-foreign-clerk/edit").status_code == 404
    assert "管若兰" not in text(office.get("/people"))


def test_a_department_manages_only_itself(sign_in):
    department = sign_in("department_reviewer")
    assert department.get("/people/user-clerk/edit").status_code == 404


def test_nobody_manages_his_own_account_there(sign_in):
    admin = sign_in("unit_admin")
    for verb in VERBS:
        assert admin.post(f"/people/user-unit-admin/{verb}", data={"version": 1}).status_code == 403
    assert user("unit_admin").active and "账号设置" in text(admin.get("/people"))


def test_unit_admin_cannot_reach_for_more_power(app, world):
    city = world.actor("city_reviewer")
    RoleGrant.create(user=user("city_reviewer"), organization=world.orgs["city"], role="unit_admin", granted_at=NOW)
    city = world.actor("city_reviewer")
    for name in ("security_admin", "system_admin", "audit_admin", "round_admin"):
        with pytest.raises(Refused, match="请由安全管理员处理"):
            operations.reset_password(actor=city, now=NOW, user=user(name))


@pytest.mark.parametrize(
    "name", ["clerk", "department_reviewer", "city_reviewer", "system_admin", "audit_admin", "round_admin"]
)
def test_grants_are_for_the_security_admin(sign_in, name):
    client = sign_in(name)
    assert client.get("/grants").status_code == 403
    assert client.post("/grants/user-clerk/revoke", data={"grant": "x"}).status_code == 403


def test_grant_and_revoke_end_sessions(sign_in, app):
    client = signed_in(app, "clerk")
    security = sign_in("security_admin")
    data = {"organization": "org-sibling", "role": "clerk", "ends_on": "2024-12-31"}
    answer = security.post("/grants/user-clerk/add", data=data, htmx=True)
    assert answer.status_code == 204 and "grants-changed" in answer.headers["HX-Trigger"], text(answer)
    assert client.get("/account").status_code == 303
    twice = security.post("/grants/user-clerk/add", data=data, htmx=True)
    assert twice.status_code == 422 and "已经授予过了" in text(twice)
    client = signed_in(app, "clerk")
    grant = RoleGrant.get(
        (RoleGrant.user == user("clerk")) & (RoleGrant.role == "clerk") & RoleGrant.ends_on.is_null(False)
    )
    assert security.post("/grants/user-clerk/revoke", data={"grant": grant.public_id}).status_code == 303
    assert client.get("/account").status_code == 303
    assert security.post("/grants/user-clerk/revoke", data={"grant": grant.public_id}).status_code == 409


def test_security_admin_cannot_change_own_roles(sign_in):
    security = sign_in("security_admin")
    assert security.get("/grants/user-security-admin/add").status_code == 403
    own = RoleGrant.get(RoleGrant.user == user("security_admin"))
    assert security.post("/grants/user-security-admin/revoke", data={"grant": own.public_id}).status_code == 403
    assert roles_of("security_admin") == ["security_admin"]


@pytest.mark.parametrize(
    ("name", "role"), [("clerk", "audit_admin"), ("audit_admin", "security_admin"), ("system_admin", "reviewer")]
)
def test_separated_administrators_stay_separate(sign_in, name, role):
    data = {"organization": "org-city", "role": role, "ends_on": ""}
    answer = sign_in("security_admin").post(f"/grants/{user(name).public_id}/add", data=data, htmx=True)
    assert answer.status_code == 422 and "不同的账号担任" in text(answer)


def test_posting_every_column_changes_none_of_the_others(sign_in):
    before = User.select().where(User.username == "clerk").dicts().get()
    data = {name: "1" for name in User._meta.fields} | {
        "version": before["version"], "display_name": "穆知秋", "phone": "", "roles": ["clerk"], "password_hash": "x",
        "organization": "org-city", "username": "root", "active": "", "must_change_password": "",
    }  # fmt: skip
    assert sign_in("unit_admin").post("/people/user-clerk/edit", data=data).status_code == 303
    after = User.select().where(User.username == "clerk").dicts().get()
    assert {k for k in before if before[k] != after[k]} <= {"phone", "version", "updated_at"}


def test_hostile_text_is_shown_as_text(sign_in):
    name = "<b>甲</b>{{7*7}}"
    sign_in("unit_admin").post("/people/new", data=NEW | {"display_name": name})
    page = text(sign_in("unit_admin").get("/people"))
    assert "<b>甲</b>" not in page and "{{7*7}}" in page


def count_queries(client, url):
    seen = []
    real = db.database.execute_sql

    def spy(sql, *arguments, **keywords):
        seen.append(sql)
        return real(sql, *arguments, **keywords)

    db.database.execute_sql = spy
    try:
        assert client.get(url).status_code == 200
    finally:
        del db.database.execute_sql
    return len(seen)


def test_list_costs_the_same_for_ten_and_a_hundred(sign_in, world):
    security = sign_in("security_admin")
    few = count_queries(security, "/people?per_page=10")
    with db.write_transaction():
        for n in range(90):
            extra = User.create(
                username=f"many{n}", display_name=f"众{n}", organization=world.orgs["unit"], password_hash="x",
                password_set_at=NOW, created_at=NOW, updated_at=NOW,
            )  # fmt: skip
            RoleGrant.create(user=extra, organization=world.orgs["unit"], role="clerk", granted_at=NOW)
    assert count_queries(security, "/people?per_page=100") == few <= 9


def test_state_changes_need_the_token_and_post(sign_in):
    admin = sign_in("unit_admin")
    admin.csrf_header = None
    for verb in VERBS:
        assert admin.post(f"/people/user-clerk/{verb}", data={"version": 1}).status_code == 400
    assert admin.post("/people/new", data=NEW).status_code == 400
    assert user("clerk").version == 1


def test_each_action_leaves_one_event_and_the_chain_holds(app, world):
    admin = world.actor("unit_admin")
    made = operations.create_account(
        actor=admin,
        now=NOW,
        organization=world.orgs["unit"],
        username="linxin",
        display_name="蔺新",
        phone="",
        roles=[Role.CLERK],
    )
    operations.set_active(actor=admin, now=NOW, user=made.user, version=1, active=False)
    operations.set_active(actor=admin, now=NOW, user=made.user, version=2, active=True)
    operations.reset_password(actor=admin, now=NOW, user=User.get_by_id(made.user.id))
    operations.unlock(actor=admin, now=NOW, user=made.user)
    operations.end_all_sessions(actor=admin, now=NOW, user=made.user)
    assert verbs() == ["auth.account_created", "auth.account_disabled", "auth.account_enabled", "auth.password_reset",
                       "auth.account_unlocked", "auth.sessions_ended"]  # fmt: skip
    assert verify_chain() is None and made.password not in str(list(AuditEvent.select().dicts()))


# ---- 账号设置 ----


def test_own_data(sign_in):
    clerk = sign_in("clerk")
    data = {"version": 1, "display_name": "穆 知秋", "phone": "１０００００００１１１"}
    assert clerk.post("/account/edit", data=data).status_code == 303
    assert (user("clerk").display_name, user("clerk").phone) == ("穆知秋", "10000000111")
    late = clerk.post("/account/edit", data=data)
    assert late.status_code == 422 and "刚刚被管理员修改过" in text(late)


def change(client, old=PASSWORD, new="Linden-Harbor-7719", repeat=None):
    return client.post("/account/password", data={"old_password": old, "new_password": new, "repeat": repeat or new})


def test_change_password_ends_other_sessions_and_renews_this_one(app):
    here, there = signed_in(app, "clerk"), signed_in(app, "clerk")
    before = here.get_cookie("gk_session").value
    assert change(here).status_code == 303
    assert here.get("/account").status_code == 200 and there.get("/account").status_code == 303
    replay = client_for(app)
    replay.set_cookie("gk_session", before)
    assert replay.get("/account").status_code == 303
    assert log_in(client_for(app), "clerk").status_code == 422


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("Ab1-Ab1-A", "至少 10 个字符，现在是 9 个"),
        ("lindenharborway", "至少 3 类"),
        ("Admin@2024!!", "常见密码"),
        ("P@ssw0rd2024!", "常见密码"),
        ("1qaz@WSX3edc", "常见密码"),
        ("Clerk-harbor-77", "不要出现“clerk”"),
        ("GKportal-harbor-7", "不要出现“gkportal”"),
        ("工考harbor-77-Lind", "不要出现“工考”"),
        ("穆知秋harbor-77-Lind", "不要出现“穆知秋”"),
        ("Harbor10000000016", "不要出现"),
        (PASSWORD, "不要出现“kaoping”"),
        ("A1-" + "x" * 260, "最多 256 个字符"),
    ],
)
def test_new_password_rules(sign_in, new, sentence):
    answer = change(sign_in("clerk"), new=new)
    assert answer.status_code == 422 and sentence in text(answer)


def test_old_password_is_needed_and_repeat_must_match(sign_in):
    assert "原密码不正确" in text(change(sign_in("clerk"), old="Wrong-password-1"))
    assert "两次输入的新密码不一样" in text(change(sign_in("clerk"), repeat="Linden-Harbor-7718"))


@pytest.mark.parametrize("new", ["Linden Harbor 7719 路", "Linden-Harbor-" + "x7" * 25, "林中港口Abc-7719"])
def test_long_passwords_spaces_and_hanzi_are_fine(sign_in, app, new):
    assert change(sign_in("clerk"), new=new).status_code == 303
    assert log_in(client_for(app), "clerk", new).status_code == 303


def test_last_five_passwords_are_refused(app):
    client = signed_in(app, "clerk")
    used = [f"Linden-Harbor-77{n}9" for n in range(6)]
    previous = PASSWORD
    for new in used:
        assert change(client, previous, new).status_code == 303
        from tests.auth.helpers import token_of

        client.csrf_header = token_of(client, "/account")
        previous = new
    for recent in used[1:]:
        assert "最近 5 次" in text(change(client, previous, recent))
    assert change(client, previous, used[0]).status_code == 303


def test_own_sessions_are_listed_and_ended(app):
    here, there, stranger = signed_in(app, "clerk"), signed_in(app, "clerk"), signed_in(app, "clerk2")
    page = text(here.get("/account"))
    assert page.count("本次登录") == 1 and "退出其他全部" in page
    ids = {row.user.username: row.public_id for row in UserSession.select().order_by(UserSession.id)}
    assert here.post(f"/account/sessions/{ids['clerk2']}/end").status_code == 404
    assert here.post(f"/account/sessions/{ids['clerk']}/end").status_code == 303
    assert there.get("/account").status_code == 303 and stranger.get("/account").status_code == 200
    signed_in(app, "clerk")
    assert here.post("/account/sessions/end-others").status_code == 303
    assert UserSession.select().where(UserSession.user == user("clerk")).count() == 1


def test_switching_the_organisation(app, world):
    RoleGrant.create(user=user("clerk"), organization=world.orgs["sibling"], role="unit_admin", granted_at=NOW)
    client = signed_in(app, "clerk")
    assert "青溪区航道站" in text(client.get("/account")) and client.get("/people").status_code == 403
    stale, cookie = client.csrf_header, client.get_cookie("gk_session").value
    assert client.post("/account/organization", data={"organization": "org-sibling"}).status_code == 303
    assert client.get_cookie("gk_session").value != cookie
    page = text(client.get("/people"))
    assert "游小川" in page and "卜向南" not in page
    assert client.post("/account/edit", data={}, headers={"X-CSRFToken": stale}).status_code == 400
    from tests.auth.helpers import token_of

    client.csrf_header = token_of(client, "/account")
    assert client.post("/account/organization", data={"organization": "org-foreign"}).status_code == 403


# ---- three separated administrators ----


@pytest.mark.parametrize("name", ["system_admin", "security_admin", "audit_admin"])
def test_separated_administrators_see_no_business_data(sign_in, name):
    client = sign_in(name)
    for url in ("/account", "/system", "/grants", "/people", "/audit"):
        page = text(client.get(url))
        assert "桑春生" not in page and "990101" not in page and "柏长河" not in page


def test_system_page(sign_in):
    page = text(sign_in("system_admin").get("/system"))
    assert "3.5" in page and "磁盘剩余" in page and "python app.py backup" in page and "后台任务" in page
    assert sign_in("clerk").get("/system").status_code == 403


def test_audit_page_filters_and_hides_business_details(sign_in, app, world):
    from gkportal import audit

    signed_in(app, "clerk")
    with db.write_transaction():
        audit.record(
            actor=world.actor("clerk"),
            now=NOW,
            verb="case.submitted",
            subject=("case", 7),
            detail={"opinion": "业务意见"},
        )
    auditor = sign_in("audit_admin")
    page = text(auditor.get("/audit"))
    assert "登录" in page and "case.submitted" in page and "办件 7" in page and "业务意见" not in page
    assert "case.submitted" not in text(auditor.get("/audit?verb=auth.sign_in")).split("audit-list")[1]
    assert "没有符合条件的记录" in text(auditor.get("/audit?first=2024-04-11"))
    wrong = text(auditor.get("/audit?first=2024-13-45&before=zzz&person=nobody"))
    assert "“2024-13-45”不是有效日期" in wrong
    found = auditor.post("/audit/person", data={"text": "穆知秋"})
    assert found.headers["Location"] == "/audit?person=user-clerk"
    assert "只看 穆知秋" in text(auditor.get("/audit?person=user-clerk"))


def test_audit_check_and_export(sign_in, app):
    import io

    from openpyxl import load_workbook

    signed_in(app, "clerk")
    auditor = sign_in("audit_admin")
    assert "审计记录完整" in text(auditor.post("/audit/check", htmx=True))
    answer = auditor.post("/audit/export?verb=auth.sign_in")
    assert answer.mimetype.endswith("sheet") and "attachment" in answer.headers["Content-Disposition"]
    rows = list(load_workbook(io.BytesIO(answer.data)).active.values)
    assert rows[0][:3] == ("序号", "时间", "人员") and [row[2] for row in rows[1:]] == ["穆知秋"]
    answer.close()
    assert verbs()[-2:] == ["auth.chain_checked", "auth.audit_exported"]
    db.database.execute_sql("DROP TRIGGER audit_event_no_update")
    AuditEvent.update(actor_name="别人").where(AuditEvent.id == 1).execute()
    assert "第 1 条与前后不符" in text(auditor.post("/audit/check", htmx=True))
    for name in ("clerk", "security_admin", "system_admin"):
        assert sign_in(name).get("/audit").status_code == 403
