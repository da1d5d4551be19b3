"""工勤人员查询 and 工勤人员信息 through the door that people use."""

from __future__ import annotations

import logging
import re

import pytest

from gkportal.audit import AuditEvent
from gkportal.core import db
from gkportal.roster import operations
from gkportal.roster.models import Worker
from tests.world import NOW, id_number

SANG = "990101198005061011"


@pytest.fixture
def clerk(sign_in):
    return sign_in("clerk")


def _names(response) -> list[str]:
    return re.findall(r'<th scope="row" class="gk-name gk-nowrap">([^<]+)</th>', response.get_data(as_text=True))


def _find(client, **form):
    return client.post("/roster", data={"status": "all", **form}, follow_redirects=True)


def test_the_list_has_the_twelve_columns_and_the_count(clerk):
    """S000-17, S000-30."""
    page = clerk.get("/roster")
    text = page.get_data(as_text=True)
    heads = re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', text)
    assert heads == [
        "序号",
        "姓名",
        "公民身份号码",
        "性别",
        "学历",
        "出生日期",
        "从事工种",
        "证书级别",
        "主管单位",
        "上级工考办",
        "当前状态",
        "操作",
    ]
    assert _names(page) == ["桑春生", "柏长河", "古秀兰", "卫永年", "路𬀩", "曾雨欣"]
    assert "共 6 条" in text and "10 条/页" in text and "100 条/页" in text
    for shown in ("青溪区交通运输局", "青溪区工考办", "1980-05-06", "中级工", "在职", "查看"):
        assert shown in text


def test_all_twelve_filters_are_there(clerk):
    """S000-18 … 29."""
    text = clerk.get("/roster").get_data(as_text=True)
    named = set(re.findall(r'id="f-(\w+)"', text))
    assert named == {"office", "name", "id_number", "category", "trade", "status", "department", "education", "grade", "sex", "born_from", "born_to"}  # fmt: skip
    assert ">查询</button>" in text and ">重置</a>" in text


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ({"name": "春"}, ["桑春生"]),
        ({"name": "长河"}, ["柏长河"]),
        ({"name": "𬀩"}, ["路𬀩"]),
        ({"name": "曾雨欣"}, ["曾雨欣"]),
        ({"name": "zyx"}, ["曾雨欣"]),
        ({"name": "CYX"}, ["曾雨欣"]),
        ({"name": "zengyu"}, ["曾雨欣"]),
        ({"name": "Bai Chang"}, ["柏长河"]),
        ({"name": "w"}, ["卫永年"]),
        ({"name": "龘"}, []),
        ({"id_number": SANG}, ["桑春生"]),
        ({"id_number": "061011"}, ["桑春生"]),
        ({"id_number": " ９９０１０１19800506101 1"}, ["桑春生"]),
        ({"id_number": "061011", "name": "桑"}, ["桑春生"]),
        ({"id_number": "061011", "name": "bch"}, []),
        ({"sex": "2"}, ["柏长河", "卫永年", "曾雨欣"]),
        ({"education": "61"}, ["古秀兰"]),
        ({"grade": "4"}, ["桑春生", "柏长河"]),
        ({"grade": "0"}, ["路𬀩"]),
        ({"born_from": "1984-03-02", "born_to": "1985-07-07"}, ["柏长河", "曾雨欣"]),
        ({"born_from": "1990-09-10"}, ["路𬀩"]),
        ({"born_to": "1978-01-15"}, ["卫永年"]),
        ({"department": "交通"}, ["桑春生", "柏长河", "古秀兰", "卫永年", "路𬀩", "曾雨欣"]),
        ({"department": "教育"}, []),
        ({"office": "org-district", "name": "路"}, ["路𬀩"]),
        ({"status": "retired"}, []),
    ],
)
def test_each_filter_finds_exactly(clerk, form, found):
    """S000-18 … 28, S000-105."""
    page = _find(clerk, **form)
    assert page.status_code == 200
    assert _names(page) == found
    if not found:
        assert "没有符合条件的人员" in page.get_data(as_text=True)


def test_trade_and_category_filters(clerk):
    """S000-21, S000-22: code of the trade as stored, its category."""
    worker = Worker.get(Worker.public_id == "worker-bai")
    from gkportal.policy import load_pack

    trade = load_pack("changzhou/2024").trade(worker.trade_code)
    assert trade is not None and trade.name == "公路养护"
    assert _names(_find(clerk, trade=trade.code)) == ["柏长河"]
    assert "柏长河" in _names(_find(clerk, category=trade.category))
    other = next(item.key for item in load_pack("changzhou/2024").data.categories if item.key != trade.category)
    mixed = _find(clerk, trade=trade.code, category=other)
    assert mixed.status_code == 422 and "与所选工种类别不一致" in mixed.get_data(as_text=True)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"id_number": "12345"}, "公民身份号码现为 5 位，请填完整的 18 位，或最后 6 位。"),
        ({"id_number": "99010119800506 abc"}, "公民身份号码只能是数字，最后一位可以是 X，请核对。"),
        ({"name": "桑chun"}, "姓名请全部填汉字，或全部填拼音（首字母），不要混在一起。"),
        ({"name": "12"}, "姓名只能填汉字、拼音或首字母"),
        ({"born_from": "2000-01-01", "born_to": "1990-01-01"}, "出生日期的结束 1990-01-01 早于开始 2000-01-01"),
        ({"born_from": "1980-13-01"}, "出生日期的开始“1980-13-01”不是有效日期"),
        ({"grade": "9"}, "等级“9”不在可选项中"),
        ({"trade": "汽车"}, "工种种类“汽车”不在可选项中"),
        ({"office": "org-other-district"}, "所选上级工考办不在您能查询的范围内"),
    ],
)
def test_nonsense_filters_are_explained_and_kept(clerk, form, sentence):
    page = _find(clerk, **form)
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert sentence in text and "查询条件有误，没有查询" in text
    for key, value in form.items():
        if key in ("name", "born_from"):
            assert f'value="{value}"' in text


def test_names_and_numbers_never_stand_in_a_url(clerk, caplog):
    """Personal conditions are posted and kept in the session; a URL that carries them is ignored."""
    with caplog.at_level(logging.INFO):
        answer = clerk.post("/roster", data={"status": "all", "name": "桑春生", "id_number": SANG})
        page = clerk.get(answer.location)
        pushed = clerk.post("/roster", data={"status": "all", "id_number": SANG}, htmx=True)
    text = page.get_data(as_text=True)
    assert answer.status_code == 303
    assert re.fullmatch(r"/roster\?status=all&q=[\w-]{8}", answer.location)
    assert _names(page) == ["桑春生"]
    assert SANG not in re.sub(r'value="[^"]*"', "", text)
    for address in re.findall(r'(?:href|action|hx-get|hx-post|formaction)="([^"]*)"', text) + [
        pushed.headers["HX-Push-Url"]
    ]:
        assert SANG not in address and "%E6%A1%91" not in address and "桑" not in address
    assert not [record for record in caplog.records if SANG in record.getMessage() or "桑春生" in record.getMessage()]
    assert len(_names(clerk.get(f"/roster?id_number={SANG}&name=桑春生"))) == 6


def test_a_forgotten_condition_is_told(clerk):
    page = clerk.get("/roster?q=unknown1&status=all")
    assert "姓名、公民身份号码条件已失效" in page.get_data(as_text=True)
    assert len(_names(page)) == 6


def test_paging_keeps_the_filters(clerk, world):
    _add_people(world, 25)
    page = clerk.post("/roster", data={"status": "all", "name": "麻"}, follow_redirects=True)
    text = page.get_data(as_text=True)
    assert "共 25 条" in text and len(_names(page)) == 10
    following = re.search(r'href="(/roster\?[^"]*page=3[^"]*)"', text)
    last = clerk.get(following[1].replace("&amp;", "&"))
    assert len(_names(last)) == 5 and '<td class="is-mid">21</td>' in last.get_data(as_text=True)
    large = clerk.get(
        following[1].replace("&amp;", "&").replace("per_page=10", "per_page=50").replace("page=3", "page=1")
    )
    assert len(_names(large)) == 25


def test_a_page_beyond_the_end_is_the_last_page(clerk):
    assert len(_names(clerk.get("/roster?page=999"))) == 6
    assert len(_names(clerk.get("/roster?page=-1&per_page=7"))) == 6


def test_htmx_gets_the_results_alone(clerk):
    part = clerk.get("/roster", htmx=True, headers={"HX-Target": "roster-list"})
    text = part.get_data(as_text=True)
    assert text.lstrip().startswith('<section class="gk-card" id="roster-list"') and "<form class" not in text
    assert "HX-Request" in part.headers["Vary"]


def test_numbers_are_masked_until_revealed_and_the_look_is_recorded(clerk, world):
    """S000-20, S000-35."""
    listed = clerk.get("/roster").get_data(as_text=True)
    detail = clerk.get("/roster/worker-sang").get_data(as_text=True)
    for text in (listed, detail):
        assert SANG not in text and "990101********1011" in text
    before = AuditEvent.select().count()
    shown = clerk.post("/roster/worker-sang/reveal", htmx=True)
    assert shown.get_data(as_text=True).strip() == f'<span class="gk-idbox"><span class="gk-id">{SANG}</span></span>'
    assert AuditEvent.select().count() == before + 1
    event = AuditEvent.select().order_by(AuditEvent.id.desc()).get()
    assert (event.verb, event.actor_name, event.worker_id) == ("worker.id_revealed", "穆知秋", world.workers["sang"].id)
    assert SANG not in str(event.detail)
    assert "查看公民身份号码" in clerk.get("/roster/worker-sang").get_data(as_text=True)


def test_revealing_works_without_scripts_and_needs_the_token(clerk):
    assert SANG in clerk.post("/roster/worker-sang/reveal").get_data(as_text=True)
    refused = clerk.post("/roster/worker-sang/reveal", csrf=False)
    assert refused.status_code == 400 and SANG not in refused.get_data(as_text=True)
    assert clerk.get("/roster/worker-sang/reveal").status_code == 405


def test_the_detail_page_shows_all_blocks(clerk, world):
    """S000-34 … 37, S000-40, S004-11 … 16."""
    worker = world.workers["sang"]
    with db.write_transaction():
        from gkportal.roster.models import (
            ExceptionUse,
            WorkerCertificate,
            WorkerHonour,
            WorkerInterruption,
            WorkerTraining,
        )

        WorkerCertificate.create(
            worker=worker,
            trade_name="计算机操作",
            grade=5,
            number="YZ-2",
            issued_on="2012-08-31",
            issuer="云州市工考办",
            route="考试",
        )
        WorkerHonour.create(worker=worker, happened_on="2020-12", title="先进工作者", level="区级")
        WorkerInterruption.create(worker=worker, started="2003-01", ended="2003-06")
        WorkerTraining.create(worker=worker, year=2022, content="安全驾驶", hours=72)
        ExceptionUse.create(worker=worker, exception_class="honour", year=2019, source="三等功")
    text = clerk.get("/roster/worker-sang").get_data(as_text=True)
    for title in (
        "基本信息",
        "业绩说明",
        "等级证书持证情况",
        "取证经历",
        "学历学位",
        "工作简历",
        "继续教育培训",
        "年度考核",
        "奖惩信息",
        "中断工种（工龄）时段",
        "破格使用记录",
        "历史",
    ):
        assert f">{title}</h2>" in text
    for value in (
        "1980-05-06",
        "2000-07",
        "YZ000101",
        "2018-08-31",
        "计算机操作",
        "先进工作者",
        "2003-06",
        "安全驾驶",
        "三等功",
        "至今",
        "青溪区公路养护中心",
    ):
        assert value in text
    assert "19800506<" not in text
    assert "现在不能为此人申报" not in text


def test_a_person_without_a_grade_is_a_legal_record(clerk):
    """S000-63."""
    text = clerk.get("/roster/worker-lu").get_data(as_text=True)
    assert "未定级" in text and "没有证书" in text and "现在不能为此人申报" not in text


def test_missing_base_data_is_named(clerk, world):
    """S004-02."""
    worker = operations.store_worker(
        unit=world.orgs["unit"], name="郝缺", id_number=id_number(301), now=NOW, public_id="worker-hao", grade=4
    )
    assert worker.sex == "1"
    text = clerk.get("/roster/worker-hao").get_data(as_text=True)
    assert "还缺 6 项：移动电话、学历、参加工作时间、从事工种、从事本工种时间、中级工的等级证书。" in text


def _add_people(world, count: int) -> None:
    for serial in range(count):
        operations.store_worker(
            unit=world.orgs["unit"],
            name=f"麻{'甲乙丙丁戊己庚辛壬癸'[serial % 10]}",
            id_number=id_number(500 + serial),
            now=NOW,
            education="31",
        )
