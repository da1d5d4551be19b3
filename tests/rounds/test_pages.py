"""时间安排, 年度批次, 通知公告 and 个案延期 through the pages (S001-08, S002-110 … 115, X-05, X-12; peers.md W13)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from gkportal.audit import AuditEvent
from gkportal.core import clock
from gkportal.core.errors import Conflict, Refused
from gkportal.review import operations as review
from gkportal.review.models import Case
from gkportal.rounds import operations, queries
from gkportal.rounds.models import LateException, Notice, Round, RoundWindow
from tests.world import NOW

WINDOW = "/rounds/round-2024/windows/level"
TIMES = {"opens_at": "2024-03-01T00:00", "closes_at": "2024-04-20T17:30", "correct_until": "2024-05-01T12:00"}


@pytest.fixture
def manager(sign_in):
    return sign_in("round_admin")


def text_of(response) -> str:
    return response.get_data(as_text=True)


def last_event() -> AuditEvent:
    return AuditEvent.select().order_by(AuditEvent.id.desc()).get()


# --- 时间安排 ---


@pytest.mark.parametrize("name", ["clerk", "department_reviewer", "district_reviewer", "audit_admin"])
def test_everybody_reads_the_schedule_and_only_the_manager_changes_it(sign_in, name):
    text = text_of(sign_in(name).get("/rounds"))
    for shown in (
        "2024 年度等级考评",
        "云州市工考办",
        "进行中",
        "2024-03-01 00:00",
        "2024-04-15 23:59",
        "2024-07-05 23:59",
        "还剩 5 天",
        "还剩 86 天",
    ):
        assert shown in text
    assert "调整" not in text and "关闭批次" not in text and "新建年度批次" not in text


def test_the_manager_sees_the_buttons(manager):
    text = text_of(manager.get("/rounds"))
    assert text.count(">调整</a>") == 3 and "关闭批次" in text and "新建年度批次" in text


def test_an_empty_schedule_says_so(app, world, sign_in):
    RoundWindow.delete().execute()
    Round.delete().execute()
    assert "还没有年度批次。" in text_of(sign_in("clerk").get("/rounds"))


def test_a_round_of_another_district_is_not_shown(app, world, sign_in):
    Round.create(
        office=world.orgs["other_district"], year=2024, title="白石区批次", pack_id="changzhou/2024", created_at=NOW
    )
    Round.create(
        office=world.orgs["district"],
        year=2024,
        title="未公布批次",
        pack_id="changzhou/2024",
        state="draft",
        created_at=NOW,
    )
    clerk, manager = text_of(sign_in("clerk").get("/rounds")), text_of(sign_in("round_admin").get("/rounds"))
    assert "白石区批次" not in clerk and "白石区批次" in manager
    assert "未公布批次" not in clerk


# --- opening and closing ---


def test_a_round_is_opened_from_a_pack_with_its_times(manager):
    page = text_of(manager.get("/rounds/new"))
    assert "changzhou/2024" in page and "政策包" in page
    answer = manager.post(
        "/rounds/new", data={"year": "2025", "title": "2025 年度等级考评", "pack_id": "changzhou/2024"}
    )
    assert answer.status_code == 303 and answer.location == "/rounds"
    made = Round.get(Round.year == 2025)
    windows = queries.windows_of(made.id)
    assert (made.state, made.office.public_id, set(windows)) == (
        "open",
        "org-city",
        {"level", "technician", "senior_technician"},
    )
    assert {clock.local(window.closes_at).year for window in windows.values()} == {2025}
    assert all(window.opens_at < window.closes_at <= window.correct_until for window in windows.values())
    event = last_event()
    assert (event.verb, event.actor_name, event.detail) == (
        "round.opened",
        "凌书恒",
        {"title": "2025 年度等级考评", "pack": "changzhou/2024"},
    )
    assert "2025 年度等级考评" in text_of(manager.get("/rounds"))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"year": "", "title": "甲", "pack_id": "changzhou/2024"}, "请填写年度，如 2024。"),
        ({"year": "24", "title": "甲", "pack_id": "changzhou/2024"}, "年度应为 4 位年份，如 2024。"),
        ({"year": "二〇二五", "title": "甲", "pack_id": "changzhou/2024"}, "年度应为 4 位年份，如 2024。"),
        ({"year": "2025", "title": "", "pack_id": "changzhou/2024"}, "请填写批次名称。"),
        ({"year": "2025", "title": "　 ", "pack_id": "changzhou/2024"}, "请填写批次名称"),
        ({"year": "2025", "title": "长" * 61, "pack_id": "changzhou/2024"}, "批次名称不超过 60 个字。"),
        (
            {"year": "2024", "title": "2024 年度等级考评", "pack_id": "changzhou/2024"},
            "2024 年已有同名批次“2024 年度等级考评”，请换一个名称。",
        ),
        ({"year": "2025", "title": "甲", "pack_id": "nowhere/2024"}, "请从列表中选择"),
    ],
)
def test_a_round_that_cannot_be_opened_says_why_and_keeps_what_was_typed(manager, form, sentence):
    answer = manager.post("/rounds/new", data=form)
    assert answer.status_code == 422
    assert sentence in text_of(answer) and "Not a valid" not in text_of(answer)
    assert Round.select().count() == 1
    if form["title"].strip():
        assert f'value="{form["title"]}"' in text_of(answer)


def test_closing_a_round_is_recorded_once_and_ends_adding_people(manager, sign_in):
    assert manager.post("/rounds/round-2024/close").location == "/rounds"
    assert manager.post("/rounds/round-2024/close").status_code == 303
    assert Round.get().state == "closed"
    assert AuditEvent.select().where(AuditEvent.verb == "round.closed").count() == 1
    assert "已关闭" in text_of(manager.get("/rounds")) and "关闭批次</button>" not in text_of(manager.get("/rounds"))
    clerk = sign_in("clerk")
    assert "当前没有开放的年度批次。" in text_of(clerk.get("/"))
    assert clerk.get("/declarations/level/picker").status_code == 403


# --- windows ---


def test_a_window_is_changed_in_china_time(manager):
    page = text_of(manager.get(WINDOW))
    assert 'value="2024-04-15T23:59"' in page
    assert manager.post(WINDOW, data={"version": "1"} | TIMES).location == "/rounds"
    window = queries.windows_of(Round.get().id)["level"]
    assert window.closes_at == datetime(2024, 4, 20, 9, 30, tzinfo=UTC)
    assert window.correct_until == datetime(2024, 5, 1, 4, 0, tzinfo=UTC)
    event = last_event()
    assert event.verb == "round.window_changed"
    assert event.detail == {
        "kind": "level", "before": ["2024-03-01 00:00", "2024-04-15 23:59", "2024-04-25 23:59"],
        "after": ["2024-03-01 00:00", "2024-04-20 17:30", "2024-05-01 12:00"],
    }  # fmt: skip


def test_saving_a_window_untouched_keeps_its_closing_second(manager):
    """Closing at 23:59:59 must not become 23:59:00 because a form shows minutes."""
    page = text_of(manager.get(WINDOW))
    values = dict(re.findall(r'name="(opens_at|closes_at|correct_until)"[^>]*value="([^"]+)"', page))
    values |= {
        name: value
        for value, name in re.findall(r'value="([^"]+)"[^>]*name="(opens_at|closes_at|correct_until)"', page)
    }
    before = queries.windows_of(Round.get().id)["level"]
    manager.post(WINDOW, data={"version": "1"} | values)
    after = queries.windows_of(Round.get().id)["level"]
    assert (after.opens_at, after.closes_at, after.correct_until) == (
        before.opens_at,
        before.closes_at,
        before.correct_until,
    )


def test_a_window_in_the_modal(manager):
    fragment = text_of(manager.get(WINDOW, htmx=True))
    assert "<html" not in fragment and "modal-title" in fragment
    refused = manager.post(WINDOW, data={"version": "1"} | TIMES | {"closes_at": ""}, htmx=True)
    assert refused.status_code == 422 and "请填写申报截止" in text_of(refused) and "<html" not in text_of(refused)
    saved = manager.post(WINDOW, data={"version": "1"} | TIMES, htmx=True)
    assert saved.status_code == 204 and "rounds-changed" in saved.headers["HX-Trigger"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"closes_at": "2024-03-01T00:00"}, "截止时间必须晚于开始时间。"),
        ({"closes_at": "2024-02-01T00:00"}, "截止时间必须晚于开始时间。"),
        ({"correct_until": "2024-04-20T17:29"}, "补正截止不能早于申报截止。"),
        ({"opens_at": ""}, "请填写申报开始，如 2024-04-15 23:59。"),
        ({"closes_at": "四月底"}, "申报截止“四月底”不是有效时间，请写成 2024-04-15 23:59 这样。"),
    ],
)
def test_nonsense_times_are_explained(manager, change, sentence):
    answer = manager.post(WINDOW, data={"version": "1"} | TIMES | change)
    assert answer.status_code == 422 and sentence in text_of(answer)
    assert "2024-04-15 23:59" in text_of(manager.get("/rounds")), "nothing was changed"


@pytest.mark.parametrize("version", ["0", "", "abc", "9" * 30])
def test_the_second_of_two_managers_is_told(manager, version):
    """Nobody's change is overwritten silently (security.md R18)."""
    answer = manager.post(WINDOW, data={"version": version} | TIMES)
    assert answer.status_code == 409
    assert "这个批次刚被他人修改过" in text_of(answer)
    assert Round.get().version == 1


def test_of_two_changes_from_the_same_version_exactly_one_counts(app, world):
    actor, round_ = world.actor("round_admin"), Round.get()

    def change(day: int) -> None:
        operations.set_window(
            actor=actor, now=NOW, round_=round_, kind="level", opens=datetime(2024, 3, 1, tzinfo=UTC),
            closes=datetime(2024, 4, day, tzinfo=UTC), correct=datetime(2024, 5, 1, tzinfo=UTC), version=1,
        )  # fmt: skip

    change(20)
    with pytest.raises(Conflict):
        change(21)
    assert queries.windows_of(round_.id)["level"].closes_at == datetime(2024, 4, 20, tzinfo=UTC)
    assert AuditEvent.select().where(AuditEvent.verb == "round.window_changed").count() == 1


def test_an_unknown_kind_is_not_found(manager):
    assert manager.get("/rounds/round-2024/windows/nonsense").status_code == 404


def test_only_the_offices_own_manager_may(app, world):
    """The operations refuse by themselves, whatever the page shows (ASVS 8.3.1)."""
    window = {"opens": NOW, "closes": NOW.replace(month=5), "correct": NOW.replace(month=6)}
    for name in ("clerk", "unit_admin", "district_reviewer", "city_reviewer", "system_admin"):
        actor = world.actor(name)
        for verb in (
            lambda actor=actor: operations.open_round(
                actor=actor, now=NOW, year=2025, title="甲", pack_id="changzhou/2024", windows={}
            ),
            lambda actor=actor: operations.close_round(actor=actor, now=NOW, round_=Round.get()),
            lambda actor=actor: operations.set_window(
                actor=actor, now=NOW, round_=Round.get(), kind="level", version=1, **window
            ),
            lambda actor=actor: operations.publish_notice(actor=actor, now=NOW, title="甲", body="乙"),
        ):
            with pytest.raises(Refused):
                verb()
    assert (Round.select().count(), Round.get().version, Notice.select().count()) == (1, 1, 0)


# --- notices ---


def test_a_notice_is_published_read_and_withdrawn(manager, sign_in):
    made = manager.post(
        "/notices/new", data={"title": "关于报名的通知", "body": "一、时间\n二、材料 <b>", "pinned": "y"}
    )
    found = Notice.get()
    assert made.location == f"/notices/{found.public_id}"
    assert last_event().verb == "notice.published"
    clerk = sign_in("clerk")
    listed, page = text_of(clerk.get("/notices")), text_of(clerk.get(made.location))
    assert "关于报名的通知" in listed and "置顶" in listed and "发布公告" not in listed
    assert "<p>一、时间</p>" in page and "&lt;b&gt;" in page and "撤下公告" not in page
    assert "撤下公告" in text_of(manager.get(made.location))
    assert manager.post(f"{made.location}/withdraw").location == "/notices"
    assert last_event().verb == "notice.withdrawn"
    assert clerk.get(made.location).status_code == 404
    assert "还没有公告。" in text_of(clerk.get("/notices"))
    assert Notice.get().withdrawn_at == NOW, "it stays on record"
    assert manager.post(f"{made.location}/withdraw").status_code == 404


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"title": "", "body": "乙"}, "请填写公告标题。"),
        ({"title": "甲", "body": ""}, "请填写公告正文。"),
        ({"title": "甲", "body": "\u200b\u202e"}, "请填写公告正文。"),
        ({"title": "长" * 81, "body": "乙"}, "标题不超过 80 个字。"),
        ({"title": "甲", "body": "长" * 10_001}, "正文不超过 10000 字。"),
    ],
)
def test_an_unfinished_notice_says_what_is_missing(manager, form, sentence):
    answer = manager.post("/notices/new", data=form)
    assert answer.status_code == 422 and sentence in text_of(answer) and Notice.select().count() == 0


def test_pinned_notices_come_first_then_the_newest(app, world, sign_in):
    for day, title, pinned in ((1, "旧置顶", True), (2, "较早", False), (3, "较新", False), (11, "明天", False)):
        Notice.create(
            office=world.orgs["city"], title=title, body="x", pinned=pinned, published_at=NOW.replace(day=day)
        )
    titles = re.findall(r"(旧置顶|较早|较新|明天)</a>", text_of(sign_in("clerk").get("/notices")))
    assert titles == ["旧置顶", "较新", "较早"], "one of tomorrow is not shown yet"


def test_a_foreign_districts_notice_is_not_found(app, world, sign_in):
    made = Notice.create(office=world.orgs["other_district"], title="白石公告", body="x", published_at=NOW)
    clerk = sign_in("clerk")
    assert clerk.get(f"/notices/{made.public_id}").status_code == 404
    assert "白石公告" not in text_of(clerk.get("/notices"))
    assert "白石公告" in text_of(sign_in("foreign_clerk").get("/notices"))


# --- late exceptions ---


@pytest.fixture
def case(app, world) -> Case:
    """An empty declaration case of the own unit."""
    return review.open_case(
        actor=world.actor("clerk"), now=NOW, kind="declaration:level", title="等级工岗位考核", round=world.round,
        pack_id="changzhou/2024", unit=world.orgs["unit"],
    )  # fmt: skip


def test_a_case_is_found_by_its_number_and_extended_with_a_reason(manager, case):
    found = text_of(manager.post("/declarations/extensions", data={"number": case.number}))
    assert "青溪区公路养护中心" in found and f"/declarations/case/{case.public_id}/extension" in found
    page = manager.get(f"/declarations/case/{case.public_id}/extension")
    assert "延期至" in text_of(page) and "延期理由" in text_of(page)
    form = {"until": "2024-05-06T17:00", "reason": "台风停电两天，未能按时提交。"}
    assert (
        manager.post(f"/declarations/case/{case.public_id}/extension", data=form).location == "/declarations/extensions"
    )
    granted = LateException.get()
    assert (granted.case_id, granted.until) == (case.id, datetime(2024, 5, 6, 9, 0, tzinfo=UTC))
    event = last_event()
    assert (event.verb, event.case_id, event.detail) == (
        "case.extended", case.id, {"until": "2024-05-06 17:00", "reason": "台风停电两天，未能按时提交。"},
    )  # fmt: skip
    assert "台风停电两天" in text_of(manager.get("/declarations/extensions"))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"until": "", "reason": "台风停电两天。"}, "请填写延期截止时间，如 2024-04-20 17:00。"),
        ({"until": "2024-05-06T17:00", "reason": ""}, "请写明延期理由。"),
        ({"until": "2024-05-06T17:00", "reason": "停电"}, "请写明延期理由（不少于 5 个字），将随办件留痕。"),
        ({"until": "2024-05-06T17:00", "reason": "长" * 501}, "理由不超过 500 字。"),
        ({"until": "2024-04-10T09:30", "reason": "台风停电两天。"}, "延期截止必须晚于现在。"),
        ({"until": "2024-04-01T00:00", "reason": "台风停电两天。"}, "延期截止必须晚于现在。"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_an_extension_needs_a_time_to_come_and_a_reason(manager, case, form, sentence, htmx):
    answer = manager.post(f"/declarations/case/{case.public_id}/extension", data=form, htmx=htmx)
    assert answer.status_code == 422 and sentence in text_of(answer)
    assert LateException.select().count() == 0


@pytest.mark.parametrize("number", ["1234", "9" * 16, "abc", "%"])
def test_a_number_that_is_no_case_is_explained(manager, case, number):
    answer = manager.post("/declarations/extensions", data={"number": number})
    assert answer.status_code == 422 and number in text_of(answer)


def test_after_the_deadline_only_the_extended_case_takes_people(manager, case, world, sign_in):
    """The exception holds for its case until its instant, and for no other unit."""
    late = datetime(2024, 4, 16, 1, 0, tzinfo=UTC)
    picker = "/declarations/level/picker"
    with clock.freeze(late):
        clerk, sibling = sign_in("clerk"), sign_in("sibling_clerk")
        assert clerk.get(picker).status_code == 403
        operations.grant_late_exception(
            actor=world.actor("round_admin"), now=late, round_=Round.get(), unit=world.orgs["unit"], case_id=case.id,
            until=datetime(2024, 4, 17, 9, 0, tzinfo=UTC), reason="台风停电两天。",
        )  # fmt: skip
        assert clerk.get(picker).status_code == 200
        assert "已于 2024-04-15 23:59 截止" in text_of(sibling.get(picker))
    with clock.freeze(datetime(2024, 4, 17, 9, 0, 0, 1, tzinfo=UTC)):
        assert sign_in("clerk").get(picker).status_code == 403


def test_the_longest_exception_in_force_counts(app, world, case):
    for day in (20, 28, 24):
        operations.grant_late_exception(
            actor=world.actor("round_admin"), now=NOW, round_=Round.get(), unit=world.orgs["unit"], case_id=case.id,
            until=datetime(2024, 4, day, tzinfo=UTC), reason="台风停电两天。",
        )  # fmt: skip
    assert queries.exception_until(case.id, NOW) == datetime(2024, 4, 28, tzinfo=UTC)
    assert queries.exception_until(case.id, datetime(2024, 4, 28, tzinfo=UTC)) == datetime(2024, 4, 28, tzinfo=UTC)
    assert queries.exception_until(case.id, datetime(2024, 4, 28, 0, 0, 0, 1, tzinfo=UTC)) is None
    assert queries.exception_until(case.id + 1, NOW) is None


def test_of_twenty_managers_at_the_same_moment_exactly_one_wins(app, world):
    """Threads with connections of their own, all from version 1 (security.md R18, ASVS 2.3.4)."""
    from concurrent.futures import ThreadPoolExecutor

    from gkportal.core import db

    actor, round_ = world.actor("round_admin"), Round.get()

    def change(minute: int) -> bool:
        db.connect()
        try:
            operations.set_window(
                actor=actor, now=NOW, round_=round_, kind="level", opens=datetime(2024, 3, 1, tzinfo=UTC),
                closes=datetime(2024, 4, 20, 9, minute, tzinfo=UTC), correct=datetime(2024, 5, 1, tzinfo=UTC), version=1,
            )  # fmt: skip
        except Conflict:
            return False
        finally:
            db.database.close()
        return True

    with ThreadPoolExecutor(20) as pool:
        won = list(pool.map(change, range(20)))
    assert sum(won) == 1
    assert queries.windows_of(round_.id)["level"].closes_at.minute == won.index(True)
    assert Round.get().version == 2
    assert AuditEvent.select().where(AuditEvent.verb == "round.window_changed").count() == 1
