"""The material lists of the notice, literally: numbers and short names per module."""

from __future__ import annotations

import pytest

from gkportal.policy import Certificate, Education
from tests.policy.people import appraisals, worker

MIDDLE = (Education("41"),)
LEVEL = {
    "normal": "1审批表 2身份证 3照片 4学历证书 5年度考核表 6继续教育证书 7原等级证书",
    "exception": "1审批表 2身份证 3照片 4学历证书 5年度考核表 6继续教育证书 7原等级证书 8破格申请",
    "transfer": "1审批表 2身份证 3照片 4学历证书 5年度考核表 6转岗申请 7继续教育证书 8原等级证书",
    "recheck": "2审批表 3复核申请 4身份证 5照片 6原等级证书 7学历证书 9继续教育证书",
}
TECHNICIAN = (
    "1审批表 2身份证 3照片 4学历证书 5年度考核表 6高级工证书 7量化考评表 8量化考评证明 9继续教育证书 10公示说明 11论文 "
    "12业绩总结 13辅助材料"
)
SENIOR = (
    "1审批表 2推荐情况说明 3身份证 4照片 5学历证书 6年度考核表 7技师证书 8量化考评表 9量化考评证明 10继续教育证书 "
    "11专家推荐意见 12发表论文 13业绩总结"
)


def _names(items) -> str:
    return " ".join(f"{item.number}{item.short_name}" for item in items)


def _list(pack, kind, grade, mode, trade="0101", **facts):
    person = worker(education=facts.pop("education", MIDDLE), **{"certificates": (), "trade_code": trade} | facts)
    return pack.material_list(kind, grade, mode, trade, person, year=2024)


def _item(items, key):
    return next((item for item in items if item.key == key), None)


@pytest.mark.parametrize("mode", LEVEL)
@pytest.mark.parametrize("grade", [4, 3])
def test_level_lists(changzhou, mode, grade):
    assert _names(_list(changzhou, "level", grade, mode)) == LEVEL[mode]


def test_a_first_grade_has_no_former_certificate(changzhou):
    assert _names(_list(changzhou, "level", 5, "normal")) == "1审批表 2身份证 3照片 4学历证书 5年度考核表 6继续教育证书"


def test_the_continuing_education_number_depends_on_the_module(changzhou):
    numbers = {mode: _item(_list(changzhou, "level", 4, mode), "continuing_education").number for mode in LEVEL}
    assert numbers == {"normal": 6, "exception": 6, "transfer": 7, "recheck": 9}


def test_recheck_has_no_appraisal_sheets_and_needs_military_papers_of_veterans(changzhou):
    veteran = _list(changzhou, "level", 4, "recheck", is_veteran=True, placement_year=2024, service_start="2010-09")
    assert _names(veteran) == "2审批表 3复核申请 4身份证 5照片 6原等级证书 7学历证书 8入伍退役证 9继续教育证书"
    assert _item(veteran, "military_papers").required
    assert _item(veteran, "military_papers").reason == "因是退役安置人员"
    assert not _item(veteran, "prior_certificate").required
    assert _item(_list(changzhou, "level", 4, "recheck"), "prior_certificate").required


def test_recheck_by_relaxed_years_asks_for_the_exception_letter(changzhou):
    common = {"is_veteran": True, "placement_year": 2024, "service_start": "2017-09"}
    relaxed = _list(changzhou, "level", 4, "recheck", appraisals=appraisals(2024, "excellent"), **common)
    assert _names(relaxed).endswith("9继续教育证书 10破格申请")
    assert _names(_list(changzhou, "level", 4, "recheck", **common)).endswith("9继续教育证书")


def test_technician_lists(changzhou):
    assert _names(_list(changzhou, "technician", 2, "normal")) == TECHNICIAN
    assert _names(_list(changzhou, "technician", 2, "exception")) == f"{TECHNICIAN} 17破格申请"
    assert _names(_list(changzhou, "technician", 2, "normal", "0401")) == f"{TECHNICIAN} 14安全行车证明 15驾驶证"
    assert _names(_list(changzhou, "technician", 2, "normal", "0202")) == f"{TECHNICIAN} 16上岗证"


def test_senior_technician_lists(changzhou):
    kind = "senior_technician"
    assert _names(_list(changzhou, kind, 1, "normal")) == f"{SENIOR} 19辅助材料"
    assert _names(_list(changzhou, kind, 1, "exception")) == f"{SENIOR} 19辅助材料 20破格申请"
    driving = f"{SENIOR} 14任职文件 15驾驶证 16安全行车证明 19辅助材料"
    assert _names(_list(changzhou, kind, 1, "normal", "0401")) == driving
    assert _names(_list(changzhou, kind, 1, "normal", "0104")) == f"{SENIOR} 17财务经历证明 19辅助材料"
    assert _names(_list(changzhou, kind, 1, "normal", "0202")) == f"{SENIOR} 18上岗证 19辅助材料"


def test_form_numbers_of_the_attachments(changzhou):
    technician = {item.number: item.form_name for item in _list(changzhou, "technician", 2, "exception", "0401")}
    assert {
        1: "附件1",
        7: "附件3",
        10: "附件5",
        11: "附件5",
        12: "附件5",
        14: "附件5",
        17: "附件6",
    }.items() <= technician.items()
    senior = {item.number: item.form_name for item in _list(changzhou, "senior_technician", 1, "exception", "0401")}
    assert {2: "附件5", 8: "附件3", 11: "附件4", 13: "附件4", 16: "附件4", 20: "附件6"}.items() <= senior.items()


def test_formats_sizes_and_copies(changzhou):
    items = _list(changzhou, "level", 4, "normal")
    form, photo, identity = _item(items, "approval_form"), _item(items, "photo"), _item(items, "identity_card")
    assert (form.approval_form, form.copies, form.format, form.max_bytes) == (True, 2, "pdf", 20 * 1024 * 1024)
    assert (photo.photo, photo.format, photo.max_bytes, photo.file_name) == (
        True,
        "photo",
        2 * 1024 * 1024,
        "3照片.jpg",
    )
    assert identity.file_name == "2身份证.pdf"
    assert "白底" in photo.requirement
    assert "彩色" in _item(_list(changzhou, "technician", 2, "normal"), "photo").requirement


@pytest.mark.parametrize(
    ("education", "asked", "reason"),
    [
        (Education("31", "2006-07"), "学信网", "因学历为大学专科（2006年毕业），须附学信网认证材料"),
        (Education("31", "2001"), "学信网", "因学历为大学专科（2001年毕业），须附学信网认证材料"),
        (Education("21", "2000-07"), "毕业生登记表", "因学历为大学本科（2000年毕业），须附《毕业生登记表》"),
        (Education("41", "2006"), "", ""),
        (Education("X31", "2006"), "", ""),
    ],
)
def test_proof_of_education_depends_on_level_and_year(changzhou, education, asked, reason):
    item = _item(_list(changzhou, "level", 4, "normal", education=(education,)), "education")
    assert asked in item.requirement
    assert item.reason == reason


def test_after_a_transfer_both_certificates_are_asked(changzhou):
    held = (Certificate("烹饪", 5, "2010-10"), Certificate("行政事务", 5, "2018-10"))
    item = _item(_list(changzhou, "level", 4, "normal", certificates=held), "prior_certificate")
    assert item.requirement == "初级工证书；另附转岗前工种的等级证书"
    assert item.reason == "因曾经转岗，须附转岗前证书"


def test_an_unknown_fact_offers_the_slot_without_demanding_it(changzhou):
    item = _item(_list(changzhou, "level", 4, "recheck", is_veteran=None), "military_papers")
    assert not item.required
    assert item.reason == "因是退役安置人员（相关信息待确认）"


def test_appraisal_years_follow_the_round(changzhou):
    person = worker(2026, education=MIDDLE)
    items = changzhou.material_list("technician", 2, "normal", "0101", person, year=2026)
    assert _item(items, "appraisals").requirement == "近 5 年（2021–2025 年）年度考核材料"


def test_every_item_has_a_clause_and_known_evidence(changzhou):
    items = _list(changzhou, "senior_technician", 1, "exception", "0401")
    assert [item.clause for item in items][:2] == ["申报须知 三（一）第1项", "申报须知 三（一）第2项"]
    assert items[-1].clause == "申报须知 三（二）第20项"
    assert _item(items, "prior_certificate").evidence_fields == ("certificates",)


def test_a_list_that_does_not_exist_is_a_key_error(changzhou):
    with pytest.raises(KeyError):
        changzhou.material_list("technician", 2, "transfer", "0202", worker())
