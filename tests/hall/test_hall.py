"""单位办事大厅 and 工作台: what waits, items, search, favourites, windows, notices (S000-08 … 12, S000-96, X-02 … X-05)."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.test import TestResponse

from gkportal.declarations.models import Application
from gkportal.hall.models import Favourite
from gkportal.review import operations as review
from gkportal.review.models import Case, ReviewTask
from gkportal.roster import operations as roster
from gkportal.rounds.models import LateException, Notice, Round, RoundWindow
from tests.world import NOW, id_number

LEVEL, TECHNICIAN = "技术等级岗位考核", "技师考评"


def text_of(response: TestResponse) -> str:
    """The page as people read it: no tags, single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))


def waiting(response: TestResponse) -> list[tuple[str, str, str]]:
    """(title with count, text, note) of each line of 待我办理."""
    page = response.get_data(as_text=True)
    lines = re.findall(
        r'<li><div class="gk-todo-t"><a class="gk-strong" href="[^"]*">([^<]*)</a><span class="gk-mute">([^<]*)</span></div>'
        r'<span class="gk-left [^"]*">([^<]*)</span>',
        page,
    )
    return [tuple(part.strip() for part in line) for line in lines]


def item_titles(response: TestResponse) -> list[str]:
    """The service items shown, in order."""
    return re.findall(r"<h3>([^<]+)</h3>", response.get_data(as_text=True))


def work_of(stage, unit: str) -> list[Application]:
    return list(Application.select().where(Application.unit == stage.world.orgs[unit].id).order_by(Application.id))


# --- 待我办理 ---


def test_a_clerk_sees_what_waits_for_the_unit_soonest_first(enter):
    """A draft in each of two cases; the technician case has a late exception of ten days."""
    page = enter("clerk").get("/")
    assert "单位办事大厅" in text_of(page) and "今天 2024年4月10日 星期三" in text_of(page)
    lines = waiting(page)
    assert [(title.rpartition("　")[2], text, note) for title, text, note in lines] == [
        ("1 人", "待完善或待提交", "截止还剩 5 天"),
        ("1 人", "待完善或待提交", "延期还剩 10 天"),
    ]
    assert LEVEL in lines[0][0] and TECHNICIAN in lines[1][0]


def test_a_returned_person_is_named_with_the_reason_and_the_longer_time(stage, enter):
    task = ReviewTask.get((ReviewTask.person_name == "蔺一鸣") & (ReviewTask.state == "waiting"))
    review.decide(
        actor=stage.world.actor("department_reviewer"), now=NOW, task=task, version=task.version, decision="return",
        opinion="缺年度考核表，请补齐。",
    )  # fmt: skip
    page = enter("clerk").get("/")
    line = next(line for line in waiting(page) if line[0].startswith("退回修改"))
    assert line[0].endswith("　蔺一鸣") and line[1:] == ("缺年度考核表，请补齐。", "补正还剩 15 天")
    assert "去修改" in text_of(page)


def test_a_withdrawn_person_waits_for_the_unit_too(stage, enter):
    mine = work_of(stage, "unit")[0]
    client = enter("clerk")
    assert client.post(f"/applications/{mine.public_id}/withdraw").status_code == 303
    assert ("可修改后重新提交", "截止还剩 5 天") in [line[1:] for line in waiting(client.get("/"))]


@pytest.mark.parametrize(
    ("closes", "note", "urgent"),
    [
        (NOW + timedelta(days=4), "截止还剩 4 天", False),
        (NOW + timedelta(days=3), "截止还剩 3 天", True),
        (datetime(2024, 4, 10, 15, 59, 59, tzinfo=UTC), "截止还剩 14 小时", True),
        (NOW + timedelta(minutes=20), "截止还剩 0 小时", True),
        (NOW - timedelta(seconds=1), "截止时间已过", True),
    ],
)
def test_the_time_left_in_days_and_on_the_last_day_in_hours(stage, enter, closes, note, urgent):
    LateException.delete().execute()
    RoundWindow.update(closes_at=closes).execute()
    page = enter("clerk").get("/")
    assert {line[2] for line in waiting(page)} == {note}
    assert ("项要抓紧" in text_of(page)) == urgent


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("department_reviewer", [("主管部门审核", "2 人")]),
        ("district_reviewer", [("区级审核", "2 人")]),
        ("city_reviewer", [("市级审核", "5 人")]),
        ("other_department_reviewer", [("主管部门审核", "1 人")]),
    ],
)
def test_a_reviewer_sees_the_tasks_of_the_own_organisation(enter, name, expected):
    page = enter(name).get("/")
    lines = waiting(page)
    assert "工作台" in text_of(page)
    assert [(title.split("　")[0].strip(), title.split("　")[-1].strip()) for title, _, _ in lines] == expected
    assert {line[2] for line in lines} == {"最早的已等 0 天"}


def test_tasks_that_wait_long_are_urgent(stage, enter):
    ReviewTask.update(arrived_at=NOW - timedelta(days=5)).where(ReviewTask.state == "waiting").execute()
    page = enter("department_reviewer").get("/")
    assert waiting(page)[0][2] == "最早的已等 5 天" and "1 项要抓紧" in text_of(page)


@pytest.mark.parametrize(
    ("name", "words"), [("unit_admin", "没有等您办理的事项。"), ("nobody", "没有等您办理的事项。")]
)
def test_nothing_waits(enter, name, words):
    page = enter(name).get("/")
    assert page.status_code == 200 and words in text_of(page) and not waiting(page)


def test_a_new_unit_reads_how_to_begin(stage, enter):
    from gkportal.declarations.models import FormPrint, Material

    for model in (Material, FormPrint, Application):
        model.delete().execute()
    text = text_of(enter("clerk").get("/"))
    assert "没有等您办理的事项。" in text and "需要申报时，从下面的办事事项进入。" in text


# --- items, categories, search ---


def test_the_items_of_each_role(enter):
    """S000-12."""
    clerk = item_titles(enter("clerk").get("/"))
    assert clerk == [
        "工勤人员查询",
        "工勤人员技术等级岗位考核（等级工）",
        "工勤人员技师考评",
        "工勤人员高级技师考评",
        "我的办件",
        "时间安排",
        "通知公告",
        "单位信息",
        "账号设置",
    ]
    assert "经办人管理" in item_titles(enter("unit_admin").get("/"))
    reviewer = item_titles(enter("city_reviewer").get("/"))
    assert "待办审核" in reviewer and not [title for title in reviewer if "考评" in title or "考核" in title]
    assert item_titles(enter("nobody").get("/")) == []


@pytest.mark.parametrize(
    ("category", "titles"),
    [
        ("people", ["工勤人员查询"]),
        ("declaration", ["工勤人员技术等级岗位考核（等级工）", "工勤人员技师考评", "工勤人员高级技师考评"]),
        ("case", ["我的办件", "时间安排", "通知公告"]),
        ("unit", ["单位信息", "账号设置"]),
        ("starred", []),
        (
            "nonsense",
            [
                "工勤人员查询",
                "工勤人员技术等级岗位考核（等级工）",
                "工勤人员技师考评",
                "工勤人员高级技师考评",
                "我的办件",
                "时间安排",
                "通知公告",
                "单位信息",
                "账号设置",
            ],
        ),
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_items_by_category(enter, category, titles, htmx):
    page = enter("clerk").get(f"/?category={category}", htmx=htmx)
    assert item_titles(page) == titles
    assert ("<html" in page.get_data(as_text=True)) != htmx
    assert "HX-Request" in page.headers["Vary"]


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        (
            "工勤",
            [
                "工勤人员查询",
                "工勤人员技术等级岗位考核（等级工）",
                "工勤人员技师考评",
                "工勤人员高级技师考评",
                "我的办件",
            ],
        ),
        ("工勤 技师", ["工勤人员技师考评", "工勤人员高级技师考评"]),
        ("高级技师", ["工勤人员高级技师考评"]),
        ("等级申报", ["工勤人员技术等级岗位考核（等级工）", "工勤人员技师考评", "工勤人员高级技师考评"]),
        ("密码", ["账号设置"]),
        ("GQRY", ["工勤人员查询"]),
        ("  截止  ", ["时间安排"]),
        ("不存在的事项", []),
        ("%", []),
        ("<b>", []),
    ],
)
def test_search_of_items(enter, words, titles):
    """S000-10: 工勤 finds the items, all words must fit, nothing found says what to try."""
    page = enter("clerk").get("/", query_string={"q": words})
    assert item_titles(page) == titles
    assert f"找到 {len(titles)} 个事项" in text_of(page)
    if not titles:
        assert "请换个词，如：工勤、等级、账号。" in text_of(page)
    assert "<b>" not in page.get_data(as_text=True)


def test_a_case_number_opens_the_case(stage, enter):
    """S000-96: 16 digits; a reviewer finds submitted ones only, nobody finds another unit's."""
    sent, draft = (stage.scene.of("case", "unit", sent=value) for value in (True, False))
    clerk, reviewer = enter("clerk"), enter("district_reviewer")
    assert clerk.get(f"/?q={sent.extra['number']}").location == f"/cases/{sent.id}"
    assert clerk.get(f"/?q={draft.extra['number']}").location == f"/cases/{draft.id}"
    assert reviewer.get(f"/?q={sent.extra['number']}").location == f"/cases/{sent.id}"
    for name, number in (
        ("district_reviewer", draft.extra["number"]),
        ("sibling_clerk", sent.extra["number"]),
        ("clerk", "2024041099999999"),
    ):
        missed = enter(name).get(f"/?q={number}")
        assert missed.status_code == 200 and f"“{number}”找到 0 个事项" in text_of(missed)


# --- favourites ---


def test_favourites_without_scripts(enter):
    """S000-10 收藏: a plain form, back to the hall, the starred item comes first."""
    client = enter("clerk")
    assert "还没有收藏。点事项右边的星标即可收藏。" in text_of(client.get("/?category=starred"))
    answer = client.post("/favourites/cases")
    assert answer.status_code == 303 and answer.location == "/"
    page = client.get("/")
    assert item_titles(page)[0] == "我的办件"
    assert re.search(r'id="star-cases" aria-pressed="true"', page.get_data(as_text=True))
    assert item_titles(client.get("/?category=starred")) == ["我的办件"]
    assert item_titles(enter("clerk2").get("/?category=starred")) == [], "a star is one's own"
    client.post("/favourites/cases")
    assert item_titles(client.get("/"))[0] == "工勤人员查询" and Favourite.select().count() == 0


def test_favourites_with_htmx(enter):
    answer = enter("clerk").post("/favourites/schedule", htmx=True)
    assert answer.status_code == 200 and "<html" not in answer.get_data(as_text=True)
    assert item_titles(answer)[0] == "时间安排"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("clerk", "review"),
        ("clerk", "people"),
        ("city_reviewer", "level"),
        ("clerk", "nonsense"),
        ("nobody", "account"),
    ],
)
def test_only_own_items_can_be_starred(enter, name, key):
    assert enter(name).post(f"/favourites/{key}").status_code == 404
    assert Favourite.select().count() == 0


# --- windows, notices ---


def test_windows_with_days_left(enter):
    text = text_of(enter("clerk").get("/"))
    assert text.count("4月15日（星期一）23:59 截止，到期自动关闭") == 2
    assert "7月5日（星期五）23:59 截止，到期自动关闭" in text
    assert text.count("还剩 5 天") >= 2 and "还剩 86 天" in text


def test_no_round_no_window(stage, enter):
    Round.update(state="closed").execute()
    assert "当前没有开放的年度批次。" in text_of(enter("clerk").get("/"))


def test_notices_pinned_first_at_most_six(stage, enter):
    Notice.delete().execute()
    assert "还没有公告。" in text_of(enter("clerk").get("/"))
    city = stage.world.orgs["city"]
    for day in range(1, 9):
        Notice.create(office=city, title=f"第{day}号公告", body="x", pinned=day == 2, published_at=NOW.replace(day=day))
    Notice.create(office=stage.world.orgs["other_district"], title="白石公告", body="x", published_at=NOW)
    shown = re.findall(r"第(\d)号公告", text_of(enter("clerk").get("/")))
    assert shown == ["2", "8", "7", "6", "5", "4"]


# --- whose page it is ---


@pytest.mark.parametrize(
    ("name", "home"), [("system_admin", "/system"), ("security_admin", "/grants"), ("audit_admin", "/audit")]
)
def test_the_separated_administrators_have_no_hall(enter, name, home):
    answer = enter(name).get("/")
    assert answer.status_code == 302 and answer.location == home
    assert enter(name).get(home).status_code == 200


# --- queries ---


@pytest.fixture
def count_queries(caplog):
    """The statements of a call."""

    def count(call) -> int:
        caplog.clear()
        with caplog.at_level(logging.DEBUG, logger="peewee"):
            assert call().status_code == 200
        return sum("SELECT" in str(record.msg).upper() for record in caplog.records)

    return count


@pytest.mark.parametrize(
    ("name", "unit"), [("clerk", "unit"), ("department_reviewer", "unit"), ("city_reviewer", "unit")]
)
def test_the_hall_takes_the_same_number_of_queries_for_one_and_for_thirty_cases(
    stage, enter, count_queries, name, unit
):
    """performance.md: constant, and few."""
    client = enter(name)
    client.get("/")
    few = count_queries(lambda: client.get("/"))
    _thirty_cases(stage, unit)
    many = count_queries(lambda: client.get("/"))
    assert many == few <= 16
    if name == "clerk":
        assert len(waiting(client.get("/"))) == 32


def _thirty_cases(stage, key: str) -> None:
    world, unit = stage.world, stage.world.orgs[key]
    pattern = work_of(stage, key)[0]
    for number in range(30):
        worker = roster.store_worker(unit=unit, name=f"麻{number}", id_number=id_number(900 + number), now=NOW)
        case = review.open_case(
            actor=world.actor("clerk"), now=NOW, kind="declaration:level", title="等级工岗位考核", round=world.round,
            pack_id="changzhou/2024", unit=unit,
        )  # fmt: skip
        made = Application.create(
            case=case, round=world.round, unit=unit, worker=worker, worker_name=worker.name, kind="level", grade=4,
            trade_code=pattern.trade_code, mode="normal", created_by_id=1, created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        for org in ("department", "city"):
            review.open_task(
                now=NOW, case=Case.get_by_id(case.id), subject=(f"probe-{org}", made.id), submission=1, step_index=0,
                step_key="x", step_label=f"第{number}步", organization_id=world.orgs[org].id, unit_id=unit.id,
                person_name=worker.name, kind="level", grade=4, mode="normal", trade_code="",
            )  # fmt: skip
