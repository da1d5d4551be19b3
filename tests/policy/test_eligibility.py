"""Each eligibility row at its edge: the year before, the year itself, the year after."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gkportal.policy import Certificate, Education, Facts, Honour, Pack, load_pack
from tests.policy.people import appraisals, worker

TWO_EXCELLENT = appraisals(2024, y2021="excellent", y2022="excellent")


def _judge(pack: Pack, facts: Facts, grade: int, mode: str = "normal", flag: str | None = None, year: int = 2024):
    kind = {1: "senior_technician", 2: "technician"}.get(grade, "level")
    return pack.evaluate(facts, kind=kind, grade=grade, mode=mode, flag=flag, trade_code=facts.trade_code, year=year)


def _held(grade: int, issued: str) -> tuple[Certificate, ...]:
    return (Certificate("电工", grade, issued),)


# (round year, flag, grade applied for, last year of work, last year of the lower grade)
LIMITS = [
    (2024, None, 4, 2015, 2019),
    (2024, None, 3, 2005, 2019),
    (2024, "early", 4, 2016, 2020),
    (2024, "early", 3, 2006, 2020),
    (2026, None, 4, 2017, 2021),
    (2026, "early", 3, 2008, 2022),
]


@pytest.mark.parametrize(("year", "flag", "grade", "work", "obtained"), LIMITS)
@pytest.mark.parametrize(("shift", "outcome"), [(-1, "met"), (0, "met"), (1, "not_met")])
def test_work_years_of_the_table(changzhou, year, flag, grade, work, obtained, shift, outcome):
    facts = worker(year, work_start=f"{work + shift}-12", certificates=_held(grade + 1, f"{obtained}-12-31"))
    verdict = _judge(changzhou, facts, grade, flag=flag, year=year)
    assert verdict.outcome == outcome
    line = next(item for item in verdict.lines if item.key == "work")
    assert line.requirement == f"{work}年（含）以前"


@pytest.mark.parametrize(("year", "flag", "grade", "work", "obtained"), LIMITS)
@pytest.mark.parametrize(("shift", "outcome"), [(-1, "met"), (0, "met"), (1, "not_met")])
def test_grade_years_of_the_table(changzhou, year, flag, grade, work, obtained, shift, outcome):
    facts = worker(year, work_start=f"{work}-01", certificates=_held(grade + 1, f"{obtained + shift}-01-01"))
    verdict = _judge(changzhou, facts, grade, flag=flag, year=year)
    assert verdict.outcome == outcome
    line = next(item for item in verdict.lines if item.key == "grade")
    assert line.requirement == f"{obtained}年（含）以前"


@pytest.mark.parametrize("grade", [2, 1])
@pytest.mark.parametrize(("issued", "outcome"), [("2019-12", "met"), ("2020-12-31", "met"), ("2021-01-01", "not_met")])
def test_technicians_need_the_lower_grade_by_the_end_of_2020(changzhou, grade, issued, outcome):
    facts = worker(education=(Education("31"),), certificates=_held(grade + 1, issued))
    assert _judge(changzhou, facts, grade).outcome == outcome


@pytest.mark.parametrize(
    ("start", "passed", "outcome"),
    [
        ("2022-07", None, "met"),
        ("2023-07", True, "met"),
        ("2023-07", False, "not_met"),
        ("2023-07", None, "unknown"),  # twelve months are not over on 15 April 2024
        ("2023-03", None, "met"),
        ("2024-01", True, "not_met"),
    ],
)
def test_first_grade_needs_work_in_the_year_before_and_probation(changzhou, start, passed, outcome):
    facts = worker(
        work_start=start,
        probation_passed=passed,
        certificates=(),
        appraisals={year: "qualified" for year in (2022, 2023)},
    )
    assert _judge(changzhou, facts, 5).outcome == outcome


def test_early_has_no_row_for_the_first_grade(changzhou):
    verdict = _judge(changzhou, worker(certificates=()), 5, flag="early")
    assert (verdict.outcome, verdict.summary) == ("not_met", "提前一年不适用于初级工正常申报")


def test_early_is_open_in_the_first_year_of_the_cycle_only(changzhou):
    assert [item.key for item in changzhou.flags_for("level", 4, "normal", 2024)] == ["early"]
    assert changzhou.flags_for("level", 4, "normal", 2025) == ()
    assert (
        _judge(changzhou, worker(2025), 4, flag="early", year=2025).summary == "2025 年度不是培训周期年，不设提前一年"
    )


@pytest.mark.parametrize(
    ("code", "related", "technician", "senior"),
    [
        ("21", None, "met", "met"),
        ("31", False, "met", "met"),
        ("X31", None, "met", "met"),
        ("32", True, "not_met", "not_met"),  # 结业 is not 毕业
        ("41", True, "met", "not_met"),
        ("41", None, "unknown", "not_met"),
        ("41", False, "not_met", "not_met"),
        ("X47", True, "met", "not_met"),
        ("61", True, "not_met", "not_met"),
    ],
)
def test_education_of_technicians(changzhou, code, related, technician, senior):
    for grade, outcome in ((2, technician), (1, senior)):
        facts = worker(education=(Education(code, related=related),), certificates=_held(grade + 1, "2015-10"))
        assert _judge(changzhou, facts, grade).outcome == outcome


@pytest.mark.parametrize(
    ("results", "outcome", "summary"),
    [
        ({2023: "优秀", 2019: "称职"}, "met", None),
        ({2022: "basic"}, "not_met", "2022 年基本合格，年度考核不够要求，最早 2028 年可申报"),
        ({2023: None}, "unknown", "缺 2023 年度考核结果"),
    ],
)
def test_appraisals_of_five_years(changzhou, results, outcome, summary):
    verdict = _judge(changzhou, worker(appraisals=appraisals(2024) | results), 4)
    assert verdict.outcome == outcome
    assert summary is None or verdict.summary == summary


def test_new_entrants_need_only_their_actual_years(changzhou):
    facts = worker(work_start="2021-08", certificates=(), appraisals={2022: "qualified", 2023: "qualified"})
    assert _judge(changzhou, facts, 5).outcome == "met"
    assert _judge(
        changzhou, worker(work_start="2021-08", certificates=(), appraisals={2023: "qualified"}), 5
    ).summary == ("缺 2022 年度考核结果")


@pytest.mark.parametrize(
    ("retires", "level", "senior"),
    [("2020-12-30", "not_met", "not_met"), ("2020-12-31", "met", "not_met"), ("2021-05-31", "met", "met"),
     ("2021-05-30", "met", "not_met")],
)  # fmt: skip
def test_in_post_until_the_cut_off_of_the_grade(jiangsu, retires, level, senior):
    facts = worker(2020, work_start="1985-01", retires_on=retires, education=(Education("31"),))
    for grade, outcome in ((4, level), (3, level), (1, senior)):
        held = worker(2020, work_start="1985-01", retires_on=retires, education=facts.education,
                      certificates=_held(grade + 1, "2010-10"))  # fmt: skip
        line = next(item for item in _judge(jiangsu, held, grade, year=2020).lines if item.key == "in_post")
        assert line.outcome == outcome


@pytest.mark.parametrize(
    ("born", "sex", "outcome"),
    [("1961-01-01", "1", "met"), ("1960-12-31", "1", "not_met"), ("1971-01-01", "2", "met"),
     ("1968-05", "2", "unknown"), ("1965-12-31", "2", "not_met")],
)  # fmt: skip
def test_retirement_is_judged_from_birth_and_sex(jiangsu, born, sex, outcome):
    verdict = _judge(jiangsu, worker(2020, birth_date=born, sex=sex), 4, year=2020)
    assert next(item for item in verdict.lines if item.key == "in_post").outcome == outcome


@pytest.mark.parametrize(
    ("change", "summary"),
    [
        ({"status": "retired"}, "当前状态为退休"),
        ({"on_post": False}, "不在岗"),
        ({"banned_until": "2025-06-30"}, "禁止申报至2025年06月30日，最早 2026 年可申报"),
        ({"certificates": (Certificate("电工", 4, "2012-10"),)}, "未取得初级工；已是中级工，不再申报中级工"),
    ],
)
def test_conditions_for_everybody(changzhou, change, summary):
    verdict = _judge(changzhou, worker(**change), 4)
    assert (verdict.outcome, verdict.summary) == ("not_met", summary)


def test_a_closed_trade_and_another_trade_are_refused(changzhou):
    aquaculture = worker(trade_code="0603", certificates=(Certificate("水产养殖", 5, "2010-10"),))
    assert _judge(changzhou, aquaculture, 4).summary == "“水产养殖”本年度不开放中级工"
    verdict = changzhou.evaluate(worker(), kind="level", grade=4, mode="normal", trade_code="0206", year=2024)
    assert "现从事电工，不是计算机信息处理" in verdict.summary


@pytest.mark.parametrize(("word", "year", "outcome"), [("man", 2019, "met"), ("man", 2020, "not_met")])
def test_man_and_da_are_different_limits(changzhou, word, year, outcome):
    assert _judge(changzhou, worker(certificates=_held(5, f"{year}-06")), 4).outcome == outcome
    technician = worker(education=(Education("31"),), certificates=_held(3, f"{year + 1}-06"))
    assert _judge(changzhou, technician, 2).outcome == outcome


# ---- 破格 ---------------------------------------------------------------------------------


def test_an_exception_closes_a_gap_of_years(changzhou):
    facts = worker(work_start="2017-03", education=(Education("31", "2014", related=True),))
    normal, exception = _judge(changzhou, facts, 4), _judge(changzhou, facts, 4, "exception")
    assert (normal.title, normal.first_year) == ("不符合", 2026)
    assert exception.title == "符合（破格）"
    assert exception.summary == "工作年限差 2 年，以本工种大专学历破格；此类条件尚未用过"
    assert exception.exception_class == "related_college"


def test_a_class_of_exception_is_used_once(changzhou):
    facts = worker(work_start="2017-03", appraisals=TWO_EXCELLENT, used_exception_classes=("two_excellent",))
    verdict = _judge(changzhou, facts, 4, "exception")
    assert verdict.summary == "破格条件（连续两年优秀）已使用过，一类只能用一次"
    both = worker(work_start="2017-03", appraisals=TWO_EXCELLENT, used_exception_classes=("two_excellent",),
                  education=(Education("21", related=True),))  # fmt: skip
    assert _judge(changzhou, both, 4, "exception").exception_class == "related_college"


def test_an_unchecked_ledger_is_unknown(changzhou):
    facts = worker(work_start="2017-03", appraisals=TWO_EXCELLENT, used_exception_classes=None)
    assert _judge(changzhou, facts, 4, "exception").outcome == "unknown"


@pytest.mark.parametrize(("years", "outcome"), [((2021, 2022), "met"), ((2020, 2022), "not_met"), ((2022,), "not_met")])
def test_two_excellent_years_must_be_consecutive(changzhou, years, outcome):
    results = appraisals(2024) | dict.fromkeys(years, "excellent")
    assert _judge(changzhou, worker(work_start="2017-03", appraisals=results), 4, "exception").outcome == outcome


def test_exception_is_not_for_a_first_grade(changzhou):
    assert _judge(changzhou, worker(certificates=()), 5, "exception").summary == "破格申报不适用于初级工"


# ---- 转岗 ---------------------------------------------------------------------------------


def test_transfer_years_run_from_the_former_certificate(changzhou):
    facts = worker(certificates=(Certificate("烹饪", 5, "2019-10"),), transferred_from="烹饪")
    assert _judge(changzhou, facts, 4, "transfer").outcome == "met"
    late = worker(certificates=(Certificate("烹饪", 5, "2020-10"),), transferred_from="烹饪")
    assert _judge(changzhou, late, 4, "transfer").first_year == 2025
    after = worker(
        certificates=(Certificate("烹饪", 5, "2015-10"), Certificate("电工", 5, "2022-10")), transferred_from="烹饪"
    )
    assert _judge(changzhou, after, 4).outcome == "met"


def test_after_a_transfer_the_old_trade_is_closed(changzhou):
    facts = worker(trade_code="0202", transferred_from="电工", certificates=(Certificate("电工", 5, "2010-10"),))
    assert "“电工”是转岗前工种，请按新工种申报" in _judge(changzhou, facts, 4).summary


def test_another_trade_is_sent_to_the_transfer_mode(changzhou):
    verdict = _judge(changzhou, worker(certificates=(Certificate("烹饪", 5, "2010-10"),)), 4)
    assert verdict.summary == "证书工种是“烹饪”，与申报工种不同，请走转岗申报"


@pytest.mark.parametrize("kind", ["technician", "senior_technician"])
def test_technicians_have_no_transfer_mode(changzhou, kind):
    grade = changzhou.kind(kind).grades[0]
    verdict = changzhou.evaluate(worker(), kind=kind, grade=grade, mode="transfer", trade_code="0202", year=2024)
    assert verdict.outcome == "not_met"
    assert "没有“转岗申报”" in verdict.summary


def test_an_old_trade_name_is_resolved_and_an_unknown_one_is_asked(changzhou):
    assert changzhou.resolve_trade("地质勘察") == changzhou.resolve_trade("地质勘查") == "1101"
    verdict = _judge(changzhou, worker(certificates=(Certificate("钳工", 5, "2010-10"),)), 4)
    assert (verdict.outcome, verdict.summary) == ("unknown", "证书工种“钳工”未在归并目录中，请核对是否归并为申报工种")


# ---- 复核 ---------------------------------------------------------------------------------


def _veteran(start: str, placed: int | None = 2024, **other) -> Facts:
    return worker(certificates=(), is_veteran=True, service_start=start, placement_year=placed, **other)


@pytest.mark.parametrize(
    ("grade", "start", "outcome"),
    [(4, "2015-09", "met"), (4, "2016-09", "not_met"), (3, "2005-12", "met"), (3, "2006-12", "not_met")],
)
def test_recheck_by_years_of_service(changzhou, grade, start, outcome):
    assert _judge(changzhou, _veteran(start), grade, "recheck").outcome == outcome


@pytest.mark.parametrize(
    "other",
    [
        {"education": (Education("31", related=True),)},
        {"appraisals": TWO_EXCELLENT},
        {"honours": (Honour("excellent_soldier", 2020), Honour("merit_3", 2021))},
        {"honours": (Honour("merit_2", 2010),)},
    ],
)
@pytest.mark.parametrize(("start", "outcome"), [("2018-09", "met"), ("2019-09", "not_met")])
def test_recheck_is_relaxed_by_three_years(changzhou, other, start, outcome):
    verdict = _judge(changzhou, _veteran(start, **other), 4, "recheck")
    assert verdict.outcome == outcome
    if outcome == "met":
        assert verdict.path == "veteran_relaxed"


@pytest.mark.parametrize(("placed", "outcome"), [(2023, "met"), (2022, "not_met"), (None, "unknown")])
def test_a_late_recheck_counts_to_the_placement_year(changzhou, placed, outcome):
    assert _judge(changzhou, _veteran("2014-09", placed), 4, "recheck").outcome == outcome


def test_recheck_of_a_certificate_of_another_province(changzhou):
    held = (Certificate("电工", 3, "2018-05", origin="other_province"),)
    facts = worker(from_other_province=True, certificates=held)
    assert _judge(changzhou, facts, 3, "recheck").outcome == "met"
    assert _judge(changzhou, facts, 4, "recheck").outcome == "not_met"
    assert _judge(changzhou, worker(certificates=held), 3, "recheck").summary.startswith("不是退役安置或外省调入人员")


def test_first_promotion_after_recheck_is_free_of_years_in_grade(changzhou):
    fresh = (Certificate("电工", 4, "2023-10", origin="recheck"),)
    verdict = _judge(changzhou, worker(work_start="2005-01", certificates=fresh), 3)
    assert (verdict.outcome, verdict.path) == ("met", "after_recheck")
    assert _judge(changzhou, worker(work_start="2006-01", certificates=fresh), 3).outcome == "not_met"


# ---- words and options --------------------------------------------------------------------


def test_a_verdict_shows_value_year_and_clause_line_by_line(changzhou):
    facts = worker(2026, work_start="2008-09", certificates=_held(5, "2023-08"))
    verdict = _judge(changzhou, facts, 4, year=2026)
    assert verdict.summary == "取得初级工未满 5 年，最早 2028 年可申报"
    assert [
        (line.label, line.requirement, line.actual, line.outcome_label, line.first_year) for line in verdict.shown_lines
    ] == [
        ("参加工作", "2017年（含）以前", "2008年09月", "满足", 2017),
        ("取得初级工", "2021年（含）以前", "2023年08月", "不满足", 2028),
        ("近 5 年年度考核", "均为合格及以上", "2021–2025 年 5 次合格及以上", "满足", None),
    ]
    assert verdict.shown_lines[0].clause == "申报须知 一、对照表 第2行"


@pytest.mark.parametrize(
    ("facts", "grade", "flag", "title", "summary"),
    [
        (worker(2026, work_start="2006-03", certificates=_held(4, "2021-01")), 3, None, "符合",
         "2006年参加工作、2021年取得中级工，均达到年限"),
        (worker(2026, work_start="2024-01", certificates=(), appraisals={2025: "qualified"}), 5, None, "符合",
         "2024年参加工作，试用期已满"),
        (worker(2026, certificates=_held(5, "2022-06")), 4, "early", "符合（提前一年）",
         "按 2027 年条件达到（2022年取得初级工），次年取证"),
    ],
)  # fmt: skip
def test_titles_and_summaries(changzhou, facts, grade, flag, title, summary):
    verdict = _judge(changzhou, facts, grade, flag=flag, year=2026)
    assert (verdict.title, verdict.summary) == (title, summary)


def test_a_grade_of_another_kind_names_that_kind(changzhou):
    verdict = changzhou.evaluate(worker(), kind="level", grade=2, mode="normal", trade_code="0202", year=2024)
    assert verdict.title == "不在本事项"
    assert verdict.summary == "技术等级岗位考核（等级工）不含技师，请走技师考评"


@pytest.mark.parametrize(
    ("facts", "first"),
    [
        (worker(), ("level", 4, "normal", None, "met")),
        (worker(certificates=_held(5, "2020-06")), ("level", 4, "normal", "early", "met")),
        (worker(work_start="2018-06", appraisals=TWO_EXCELLENT), ("level", 4, "exception", None, "met")),
        (worker(certificates=()), ("level", 5, "normal", None, "met")),
        (
            worker(certificates=_held(3, "2015-06"), education=(Education("31"),)),
            ("technician", 2, "normal", None, "met"),
        ),
        (_veteran("2004-09"), ("level", 3, "recheck", None, "met")),
    ],
)
def test_options_put_the_best_first(changzhou, facts, first):
    best = changzhou.options(facts, year=2024)[0]
    assert (best.kind, best.grade, best.mode, best.flag, best.verdict.outcome) == first


def test_options_show_every_mode_and_none_above_the_top(changzhou):
    assert {item.mode for item in changzhou.options(worker(), year=2024)} == {
        "normal",
        "exception",
        "transfer",
        "recheck",
    }
    assert changzhou.options(worker(certificates=_held(1, "2015-06")), year=2024) == ()


_dates = st.one_of(st.none(), st.text(max_size=8), st.from_regex(r"(19|20)\d\d(-(0[1-9]|1[0-2]))?", fullmatch=True))
_certificates = st.builds(
    Certificate, trade=st.sampled_from([None, "", "电工", "钳工", "0401"]), grade=st.integers(0, 7), issued_on=_dates,
    origin=st.sampled_from(["exam", "recheck", "other_province"]),
)  # fmt: skip
_facts = st.builds(
    Facts,
    work_start=_dates,
    birth_date=_dates,
    sex=st.sampled_from([None, "1", "2", "9", "男"]),
    education=st.one_of(
        st.none(), st.lists(st.builds(Education, st.sampled_from(["31", "41", "?"]), _dates), max_size=2).map(tuple)
    ),
    certificates=st.one_of(st.none(), st.lists(_certificates, max_size=3).map(tuple)),
    appraisals=st.one_of(
        st.none(), st.dictionaries(st.integers(2010, 2030), st.sampled_from(["优秀", "qualified", "?"]))
    ),
    trade_code=st.sampled_from([None, "", "0202", "电工", "没有"]),
    interruptions=st.lists(st.tuples(st.text(max_size=7), _dates), max_size=2).map(tuple),
    status=st.sampled_from([None, "active", "retired", "?"]),
    is_veteran=st.sampled_from([None, True, False]),
    from_other_province=st.sampled_from([None, True, False]),
    service_start=_dates,
    placement_year=st.one_of(st.none(), st.integers(1990, 2030)),
    used_exception_classes=st.sampled_from([None, (), ("two_excellent",)]),
    claimed_exception=st.sampled_from([None, "other", "?"]),
    retires_on=_dates,
    banned_until=_dates,
)


@settings(max_examples=150, deadline=None)
@given(
    facts=_facts,
    year=st.integers(2000, 2050),
    kind=st.sampled_from(["level", "technician", "senior_technician", "?"]),
    grade=st.integers(0, 6),
    mode=st.sampled_from(["normal", "exception", "transfer", "recheck", "?"]),
    flag=st.sampled_from([None, "early", "?"]),
    trade=st.sampled_from([None, "", "0202", "?"]),
)
def test_evaluate_never_raises(facts, year, kind, grade, mode, flag, trade):
    pack = load_pack("changzhou/2024")
    verdict = pack.evaluate(facts, kind=kind, grade=grade, mode=mode, flag=flag, trade_code=trade, year=year)
    assert verdict.outcome in {"met", "not_met", "unknown"}
    assert verdict.summary
    assert verdict.first_year is None or verdict.first_year > year
    pack.options(facts, year=year)


@settings(max_examples=60, deadline=None)
@given(facts=_facts, kind=st.sampled_from(["level", "technician", "senior_technician"]))
def test_material_lists_never_raise_and_stay_in_order(facts, kind):
    pack = load_pack("changzhou/2024")
    for mode in pack.kind(kind).modes:
        for grade in pack.kind(kind).grades:
            numbers = [item.number for item in pack.material_list(kind, grade, mode.key, facts.trade_code, facts)]
            assert numbers == sorted(set(numbers))


def test_nothing_known_is_unknown(changzhou):
    verdict = changzhou.evaluate(Facts(), kind="level", grade=4, mode="normal", trade_code=None, year=2024)
    assert verdict.outcome == "unknown"
    assert "缺参加工作时间" in verdict.summary
