"""What is printed is what was entered, readable by eye and by machine."""

from __future__ import annotations

import shutil
import subprocess

import pypdfium2
import pytest

from gkportal.documents import DocumentError
from gkportal.documents.forms.approval_form import (
    CareerRow,
    HeldCertificate,
    OpinionBox,
    ResultBox,
    approval_form_context,
)
from gkportal.documents.line_breaking import NO_END, NO_START, may_break
from gkportal.documents.renderer import DEBIAN_RARE_FONTS

from .conftest import lines_of, make_form, text_of

RARE = "䶮㛃𬭎𫖯𠅤"
NEEDS_FALLBACK = "𡋾"
SENTENCE = (
    "该同志参加防汛抢险运输任务，安全行车100000公里（未发生责任事故），获“先进个人”称号；"
    "牵头完成PLC-1200装置改造，节油12.5%。"
)

needs_hanazono = pytest.mark.skipif(
    not DEBIAN_RARE_FONTS[0].is_file(), reason="fonts-hanazono is not installed on this machine"
)

FORM = "approval_form/jiangsu-2020"


def test_rare_names_are_extracted_exactly(renderer):
    document = renderer.render(FORM, approval_form_context(make_form(name=RARE)))
    assert RARE in text_of(document.pdf)


@needs_hanazono
def test_character_of_the_fallback_face(renderer):
    document = renderer.render(FORM, approval_form_context(make_form(name="李" + NEEDS_FALLBACK)))
    assert "李" + NEEDS_FALLBACK in text_of(document.pdf)


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_second_extractor_agrees(renderer, tmp_path):
    (tmp_path / "form.pdf").write_bytes(renderer.render(FORM, approval_form_context(make_form(name=RARE))).pdf)
    out = subprocess.run(["pdftotext", tmp_path / "form.pdf", "-"], capture_output=True, check=True).stdout.decode()
    assert RARE in out


def test_every_field_is_on_the_form(renderer):
    values = {
        name: f"{word}甲"
        for name, word in {
            "gender": "性",
            "birth_month": "生",
            "education": "学",
            "political_status": "政",
            "mobile": "话",
            "work_start": "参",
            "affiliation": "隶",
            "unit_code": "码",
            "workplace": "单",
            "engaged_since": "聘",
            "engaged_grade": "级",
            "on_post": "岗",
            "trade_since": "始",
            "changed_trade": "转",
            "interruptions": "断",
            "flag": "标",
        }.items()
    }
    result = ResultBox("理71", "操82", "评过", "等高", "证Z9", "取2024")
    form = make_form(**values, result=result)
    text = text_of(renderer.render(FORM, approval_form_context(form)).pdf)
    cells = [*values.values(), "理71", "操82", "评过", "等高", "证Z9", "取2024"]
    fixed = ["江苏省机关事业单位工勤技能岗位技术等级考评审批表", "张示例", "990101198503070377", "2024051013263598"]
    boxes = ["用人单位意见", "主管部门意见", "市工考办意见", "负责人（签名）", "年月日"]
    assert [want for want in cells + fixed + boxes if want not in text] == []


def test_both_certificates_after_a_change_of_trade(renderer):
    held = (
        HeldCertificate("汽车驾驶员", "中级工", "OLD-1", "2014年8月31日", "某市工考办"),
        HeldCertificate("电工", "初级工", "OLD-2", "2019年8月31日", "某市工考办"),
        HeldCertificate("花卉园艺", "初级工", "OLD-3", "2009年8月31日", "某市工考办"),
    )
    text = text_of(renderer.render(FORM, approval_form_context(make_form(certificates=held))).pdf)
    assert all(part in text for part in ("OLD-1", "OLD-2", "OLD-3", "汽车驾驶员", "花卉园艺"))


def test_the_order_and_words_of_the_boxes_are_data(renderer):
    boxes = (OpinionBox("甲级意见", "同意推荐。", "审核人", "机关"), OpinionBox("乙级意见"))
    text = text_of(renderer.render(FORM, approval_form_context(make_form(opinions=boxes))).pdf)
    assert text.index("甲级意见") < text.index("乙级意见")
    assert "同意推荐。" in text and "审核人（签名）" in text and "用人单位意见" not in text


def test_long_appraisal_keeps_its_size_and_loses_nothing(renderer):
    appraisal = "\n".join(f"第{number}段。{SENTENCE}" for number in range(80))
    assert len(appraisal) > 5000
    document = renderer.render(FORM, approval_form_context(make_form(achievements=(), appraisal=appraisal)))
    text = text_of_body(document.pdf)
    assert "".join(appraisal.split()) in text
    assert document.pages >= 5
    assert han_widths(document.pdf, "防") == {10.5}


def test_long_row_outside_flowing_cells_keeps_its_size(renderer):
    post = "事防汛物资运输，" * 500
    document = renderer.render(FORM, approval_form_context(make_form(career=(CareerRow("2005年", "某单位", post),))))
    text = text_of(document.pdf)  # a footer may stand inside the phrase, so letters are counted
    assert {letter: text.count(letter) for letter in "防汛物资运输"} == dict.fromkeys("防汛物资运输", 500)
    assert han_widths(document.pdf, "汛") == {10.5}


def test_no_line_starts_or_ends_against_the_rules(renderer):
    appraisal = "\n".join("动" * shift + SENTENCE * 2 for shift in range(0, 40))
    lines = lines_of(renderer.render(FORM, approval_form_context(make_form(appraisal=appraisal))).pdf)
    assert len(lines) > 100
    assert [line for line in lines if line[0] in NO_START] == []
    assert [line for line in lines if line[-1] in NO_END] == []


def test_words_and_numbers_stay_whole(renderer):
    appraisal = "\n".join("动" * shift + SENTENCE * 2 for shift in range(0, 40))
    lines = lines_of(renderer.render(FORM, approval_form_context(make_form(appraisal=appraisal))).pdf)
    assert sum(line.count("PLC-1200") for line in lines) == "".join(lines).count("PLC-1200") >= 40
    assert sum(line.count("100000") for line in lines) == "".join(lines).count("100000") >= 40


def test_every_line_of_a_justified_paragraph_reaches_the_margin(probes):
    pdf = probes.render("probe/text", {"text": "河道管理养护工作" * 40}).pdf
    page = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    boxes = [page.get_charbox(place, loose=True) for place in range(page.count_chars())]
    rights: dict[int, float] = {}
    for left, bottom, right, _top in boxes:
        if right > left:
            rights[round(bottom)] = max(rights.get(round(bottom), 0), right)
    *full, _last = [rights[key] for key in sorted(rights, reverse=True)]
    assert len(full) > 4
    assert max(full) - min(full) < 0.6


def test_ideographic_space_survives(probes):
    pdf = probes.render("probe/text", {"text": "姓　　名"}).pdf
    page = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    assert page.get_text_bounded().strip() == "姓　　名"


@pytest.mark.parametrize("character", ["\U00030000", "\U000f3000", "\x07", "\u0378"])
def test_character_without_glyph_is_named(renderer, character):
    with pytest.raises(DocumentError) as caught:
        renderer.render(FORM, approval_form_context(make_form(name="张" + character)))
    assert f"U+{ord(character):04X}" in caught.value.message
    assert "字库中没有下列字" in caught.value.message


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ("工", "作", True),
        ("工", "，", False),
        ("（", "工", False),
        ("…", "…", False),
        ("P", "L", False),
        ("1", "2", False),
        ("年", "2", True),
        (" ", "a", True),
        ("a", " ", False),
        ("", "工", True),
    ],
)
def test_break_opportunities(before, after, allowed):
    assert may_break(before, after) is allowed


def han_widths(pdf: bytes, character: str) -> set[float]:
    """Widths in points at which `character` stands on the pages; a Han character is as wide as its font size."""
    widths = set()
    for page in pypdfium2.PdfDocument(pdf):
        text = page.get_textpage()
        for place, found in enumerate(text.get_text_range()):
            if found == character and place < text.count_chars():
                left, _, right, _ = text.get_charbox(place, loose=True)
                widths.add(round(right - left, 1))
    return widths


def text_of_body(pdf: bytes) -> str:
    """As `text_of`, without the footers that stand between two pages."""
    kept = [line for line in lines_of(pdf) if "打印版本" not in line and "校验码" not in line and "页" not in line[-2:]]
    return "".join("".join(kept).split())
