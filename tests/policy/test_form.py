"""The declaration form: its fields, and every message with place, value and remedy."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gkportal.policy import load_pack
from tests.policy.people import worker

FACTS = worker(work_start="2006-07", trade_code="0407", birth_date="1984-03")
GOOD: dict[str, Any] = {
    "name": "柏远山", "id_number": "99010119840315011X", "sex": "1", "birth_month": "1984-03", "unit_name": "云州市公路中心",
    "unit_code": "12990000MA0000017K", "work_start": "2006-07", "affiliation": "常州市", "education": "31",
    "phone": "10000000103", "political": "13", "trade": "0407", "grade": "3", "mode": "exception",
    "trade_start": "2006-07", "trade_break": {"start": "", "end": ""}, "transferred": "no", "hired_on": "2021-12",
    "hired_grade": "4", "on_post": "yes",
    "certificates": [
        {"trade": "公路养护", "grade": "4", "number": "YZ-1", "issued_on": "2020-10-20", "issuer": "云州市工考办"}
    ],
    "career": [
        {"start": "2006-07", "end": "2011-06", "unit_post": "云州市第一道班　养护工"},
        {"start": "2011-07", "end": "", "unit_post": "云州市公路中心　养护班长"},
    ],
    "achievements": [{"date": "2019-12", "award": "嘉奖"}],
    "appraisal_text": "",
}  # fmt: skip


def _check(changes: dict[str, Any], facts=FACTS, kind: str = "level"):
    return load_pack("changzhou/2024").check_form(kind, GOOD | changes, facts, today=date(2026, 4, 12))


def _only(changes: dict[str, Any], **options):
    found = _check(changes, **options)
    assert len(found) == 1, found
    return found[0]


def _career(*rows: tuple[str, str]) -> dict[str, Any]:
    return {"career": [{"start": start, "end": end, "unit_post": "养护工"} for start, end in rows]}


def test_a_complete_form_has_no_problem():
    assert _check({}) == ()


def test_the_form_has_every_field_of_the_screens(changzhou):
    form = changzhou.form("level")
    labels = {
        section.title: [field.label for field in (*section.fields, *section.after_fields)] for section in form.sections
    }
    assert labels == {
        "基本信息": ["姓名", "公民身份号码", "性别", "出生年月", "工作单位", "统一社会信用代码", "参加工作时间", "隶属关系", "学历",
                 "移动电话", "政治面貌"],
        "申报与从业情况": ["申报工种", "申报等级", "申报方式", "从事本工种时间", "中断工种时段", "是否曾经转岗", "聘用时间", "聘用等级",
                    "是否在岗"],
        "原持证情况": ["技术工种", "技术等级", "证书号码", "发证日期", "发证单位"],
        "工作简历": ["起", "止", "单位及岗位"],
        "工作业绩": ["日期", "奖项", "工作鉴定"],
    }  # fmt: skip
    assert [section.number for section in form.sections] == ["一", "二", "三", "四", "五"]
    assert all(field.locked for field in form.sections[0].fields if field.key not in ("phone", "political"))


@pytest.mark.parametrize(
    ("changes", "section", "message"),
    [
        ({"phone": ""}, "person", "移动电话：不能为空"),
        ({"phone": "abc"}, "person", "移动电话：“abc”不是电话号码，请填 11 位手机号，或带区号的座机号"),
        ({"name": ""}, "person", "姓名：名册中没有，请先补全名册"),
        ({"affiliation": "云州市"}, "person", "隶属关系：现为“云州市”，统一填写“常州市”"),
        ({"trade": ""}, "application", "申报工种：请选择"),
        ({"trade": "养龙"}, "application", "申报工种：“养龙”不在工种目录中，请选归并后的新工种名称"),
        ({"trade": "汽车驾驶员"}, "application", "申报工种：“汽车驾驶员”是归并前的名称，请改选“汽车驾驶与管理”"),
        ({"trade": "0603"}, "application", "申报工种：“水产养殖”本年度不开放高级工，请核对申报工种和申报等级"),
        ({"mode": "?"}, "application", "申报方式：“?”不在可选范围内，请从 正常申报、破格申报、转岗申报、复核申报 中选择"),
        ({"trade_start": "2005-11"}, "application", "从事本工种时间：2005年11月 早于参加工作时间 2006年07月"),
        ({"trade_start": "2005年"}, "application", "从事本工种时间：“2005年”不是年月，请写成 2015-03 这样"),
        ({"hired_on": "2030-01"}, "application", "聘用时间：2030年01月 晚于今天，请改正"),
        ({"on_post": "no"}, "application", "是否在岗：填“否”的人员不能申报，请核对；确不在岗请从办件中删除此人"),
        ({"trade_break": {"start": "2010-05", "end": "2010-01"}}, "application", "中断工种时段：结束早于开始，请对调或改正"),
        ({"trade_break": {"start": "2010-05", "end": ""}}, "application", "中断工种时段：缺结束年月，请补上，或清空开始年月"),
        ({"certificates": []}, "certificates", "原持证情况：至少填写 1 行，现有 0 行"),
        ({"transferred": "yes"}, "certificates",
         "原持证情况：曾经转岗的须填转岗前、后两个工种的证书，现在只有 公路养护，请添加另一本"),
        ({"certificates": [GOOD["certificates"][0] | {"grade": "5"}]}, "certificates",
         "原持证情况：没有中级工证书，申报高级工须填中级工证书，请添加"),
        ({"certificates": [GOOD["certificates"][0] | {"issued_on": "2020-13"}]}, "certificates",
         "原持证情况第 1 行发证日期：“2020-13”不是日期，请写成 2015-03-20 这样，不知道日的写到月"),
        ({"certificates": [GOOD["certificates"][0] | {"number": "9" * 41}]}, "certificates",
         "原持证情况第 1 行证书号码：最多 40 字，现有 41 字，请缩短"),
        ({"achievements": []}, "achievements", "工作业绩：不能为空：请添加获奖记录，或写一段工作鉴定"),
    ],
)  # fmt: skip
def test_each_message(changes, section, message):
    problem = _only(changes)
    assert (problem.section, problem.message, problem.severity) == (section, message, "error")


@pytest.mark.parametrize(
    ("rows", "index", "field", "message"),
    [
        ([("2006-07", "2011-06"), ("2011-07", "2015-02"), ("2015-08", "")], 1, "end",
         "工作简历第 2 行：2015年03月 至 2015年07月 之间没有填写"),
        ([("2006-07", "2011-06"), ("2011-08", "")], 0, "end", "工作简历第 1 行：2011年07月没有填写"),
        ([("2006-07", ""), ("2011-07", "")], 0, "end", "工作简历第 1 行：不是最后一行，“止”不能空着，请填写结束年月"),
        ([("2006-07", "2020-01")], 0, "end",
         "工作简历第 1 行：最后一行的“止”现为“2020-01”，请留空，表示至今；如有之后的经历请再加一行"),
        ([("2006-09", "")], 0, "start",
         "工作简历第 1 行：从 2006年09月 开始，参加工作时间是 2006年07月，中间空 2 个月，请补上前面的经历"),
        ([("2006-07", "2006-01"), ("2006-02", "")], 0, "end", "工作简历第 1 行：“止” 2006年01月 早于“起” 2006年07月，请改正"),
    ],
)  # fmt: skip
def test_the_career_is_contiguous(rows, index, field, message):
    problem = _only(_career(*rows))
    assert (problem.section, problem.row_index, problem.field, problem.message) == ("career", index, field, message)


def test_a_gap_says_at_the_field_how_to_close_it():
    problem = _only(_career(("2006-07", "2015-02"), ("2015-08", "")))
    assert problem.inline == "下一行从 2015年08月 开始，中间空 5 个月。改“止”，或添加一行说明这段时间"


@pytest.mark.parametrize(
    "rows", [[("2006-07", "2011-06"), ("2011-06", "")], [("2006-07", "2011-06"), ("2011-07", "至今")]]
)
def test_the_same_month_and_the_word_for_today_are_fine(rows):
    assert [item for item in _check(_career(*rows)) if item.field != "end" or item.severity == "error"] == []


def test_overlap_and_odd_roster_dates_warn():
    assert _only(_career(("2006-07", "2012-06"), ("2011-07", ""))).severity == "warning"
    early = worker(work_start="1977-11", birth_date="1997-01", trade_code="0407")
    found = _check({"trade_start": "2006-07"} | _career(("1977-11", "")), facts=early)
    assert [(item.section, item.severity) for item in found] == [("person", "warning")]


def test_an_appraisal_text_replaces_awards():
    assert _check({"achievements": [], "appraisal_text": "工作认真，技术熟练。"}) == ()


def test_a_transfer_with_both_certificates_is_complete():
    second = GOOD["certificates"][0] | {"trade": "烹饪", "number": "YZ-0"}
    assert _check({"transferred": "yes", "certificates": [*GOOD["certificates"], second]}) == ()


def test_first_grade_and_recheck_need_no_certificate():
    assert _check({"grade": "5", "mode": "normal", "certificates": []}) == ()
    assert _check({"mode": "recheck", "certificates": []}) == ()


def test_choices(changzhou):
    assert changzhou.choices("technician", "mode") == (("normal", "正常申报"), ("exception", "破格申报"))
    assert changzhou.choices("technician", "grade") == (("2", "技师"),)
    assert ("0407", "公路养护") in changzhou.choices("technician", "trade")
    assert changzhou.choices("level", "grade", "certificates")[0] == ("5", "初级工")
    assert changzhou.choices("level", "on_post") == (("yes", "是"), ("no", "否"))


_any = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["start", "end", "trade"]), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(sorted(GOOD)), _any, max_size=6))
def test_no_data_breaks_the_check(changes):
    for problem in _check(changes):
        assert problem.message
        assert problem.severity in {"error", "warning"}
