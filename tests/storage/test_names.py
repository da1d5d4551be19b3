"""File names (ASVS 1.1.1, 1.3.3, 5.3.2, 5.4.2) and the way from a name to a material (S002-131, S002-132)."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gkportal.storage import (
    clean_filename,
    content_disposition,
    extension_refusal,
    match_slot,
    member_name,
    name_warning,
    parse_numbered_name,
)
from gkportal.storage.names import unique_names

TEXT = st.text(st.characters(), max_size=400)
NASTY = st.lists(
    st.sampled_from(
        [
            "..",
            "/",
            "\\",
            ".",
            " ",
            "\u202e",
            "\u200b",
            "\r\n",
            "审批表",
            "𠅤",
            ".pdf",
            "CON",
            "%2e",
            '"',
            "\ud800",
            "e\u0301",
            "\u3000",
        ]
    ),
    max_size=60,
).map("".join)
HOSTILE = st.one_of(TEXT, NASTY)


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("1审批表.pdf", "1审批表.pdf"),
        ("C:\\Users\\张三\\桌面\\身份证 正面.jpg", "身份证 正面.jpg"),
        ("../../etc/passwd", "passwd"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("身份\u200b证\ufeff.pdf", "身份证.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie_ x.pdf"),
        ("%252e%252e.pdf", "%252e%252e.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("cafe\u0301.pdf", "caf\u00e9.pdf"),
        ("𠅤𬭎㛃.pdf", "𠅤𬭎㛃.pdf"),
        ("", "未命名"),
        ("...", "未命名"),
        (None, "未命名"),
    ],
)
def test_names_are_cleaned(name: str | None, clean: str) -> None:
    assert clean_filename(name) == clean


def test_a_long_name_keeps_its_extension() -> None:
    clean = clean_filename("年" * 5000 + ".pdf")
    assert clean.endswith("年.pdf") and len(clean) <= 120 and len(clean.encode()) <= 240


@given(HOSTILE)
def test_a_clean_name_is_harmless_and_stays_as_it_is(name: str) -> None:
    clean = clean_filename(name)
    assert clean and len(clean) <= 120 and len(clean.encode("utf-8")) <= 240
    assert clean_filename(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert not re.search(r'[/\\<>:"|?*\r\n]', clean)
    assert not {unicodedata.category(character) for character in clean} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert clean.strip(" ") == clean and not clean.endswith(".")


@given(HOSTILE, st.booleans())
def test_the_download_header_is_one_latin_line_that_gives_the_name_back(name: str, inline: bool) -> None:
    value = content_disposition(name, inline=inline)
    assert value.isascii() and value.isprintable()
    found = re.fullmatch(r"(inline|attachment); filename=\"[A-Za-z0-9._ ()-]+\"; filename\*=UTF-8''(\S+)", value)
    assert found and unquote(found.group(2)) == clean_filename(name)
    assert (found.group(1) == "inline") is inline


@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_a_zip_member_never_climbs_out(parts: list[str]) -> None:
    name = member_name(*parts)
    assert not name.startswith("/") and ".." not in name.split("/") and "\\" not in name
    assert len(name.split("/")) == len(parts)


def test_repeated_names_are_numbered() -> None:
    assert unique_names(["a.pdf", "A.PDF", "a.pdf", "b"]) == ["a.pdf", "A (2).PDF", "a (3).pdf", "b"]


def test_the_extension_is_checked_with_the_way_out() -> None:
    assert extension_refusal("1审批表.PDF", ("pdf",)) is None
    assert "“.docx”文件" in extension_refusal("1审批表.pdf.docx", ("pdf",))
    assert "没有扩展名" in extension_refusal("审批表", ("jpg", "jpeg"))


@pytest.mark.parametrize(
    "name",
    [
        "1审批表.pdf",
        "１审批表.PDF",
        "01 审批表.pdf",
        "001审批表.pdf",
        "1.审批表.pdf",
        "1、审批表.pdf",
        "１．审批表.pdf",
        "（1）审批表.pdf",
        "(1) 审批表.pdf",
        "【1】审批表.pdf",
        "①审批表.pdf",
        "⑴审批表.pdf",
        "1-审批表.pdf",
        "1_审批表.pdf",
        "1 — 审批表.pdf",
        "第1项 审批表.pdf",
        "1号审批表.pdf",
        "1审批表 (2).pdf",
        "1审批表（1）.pdf",
        "1审批表 - 副本.pdf",
        "1-2审批表.pdf",
        "材料\\1审批表.pdf",
        "1\u200b审批表",
    ],
)
def test_the_number_and_the_words_are_read(name: str) -> None:
    assert parse_numbered_name(name) == (1, "审批表")


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("13.pdf", (13, "")),
        ("5年度考核表.pdf", (5, "年度考核表")),
        ("2寸照片.jpg", (None, "2寸照片")),
        ("2024年度考核表.pdf", (None, "2024年度考核表")),
        ("附件1审批表.pdf", (None, "附件1审批表")),
        ("身份证.pdf", (None, "身份证")),
        ("0身份证.pdf", (None, "0身份证")),
    ],
)
def test_other_numbers_are_not_item_numbers(name: str, parsed: tuple) -> None:
    assert parse_numbered_name(name) == parsed


@given(
    st.integers(1, 99),
    st.sampled_from(["", " ", ".", "、", "-", "_", "）"]),
    st.sampled_from(["审批表", "身份证", "学历证书"]),
)
def test_any_number_with_any_mark_is_read(number: int, mark: str, label: str) -> None:
    assert parse_numbered_name(f"{number}{mark}{label}.pdf") == (number, label)
    assert parse_numbered_name(f"{number:02d}{mark}{label}.pdf") == (number, label)


@given(HOSTILE)
def test_no_name_breaks_the_matching(name: str) -> None:
    number, _label = parse_numbered_name(name)
    assert number is None or 1 <= number <= 999
    found = match_slot(name, SLOTS)
    assert found.key in {None, *(slot[1] for slot in SLOTS)}
    name_warning(name, "photo", SLOTS)


SLOTS = [
    (1, "form", "审批表", "江苏省机关事业单位工勤技能岗位技术等级考评审批表"),
    (2, "id", "身份证", "身份证"),
    (3, "photo", "照片", "近期2寸白底免冠照片"),
    (4, "education", "学历证书", "学历证书及学历认证材料"),
    (5, "appraisal", "年度考核表", "近五年年度考核表"),
    (6, "training", "继续教育证书", "所有继续教育证书或培训合格证明"),
    (7, "certificate", "技术等级岗位证书", "原技术等级岗位证书"),
]


@pytest.mark.parametrize(
    ("name", "key", "by"),
    [
        ("1审批表.pdf", "form", "number"),
        ("2.pdf", "id", "number"),
        ("2 扫描件.pdf", "id", "number"),
        ("3照片.jpg", "photo", "number"),
        ("张三身份证.pdf", "id", "name"),
        ("2寸照片.jpg", "photo", "name"),
        ("学历.pdf", "education", "name"),
        ("学历认证.pdf", "education", "name"),
        ("2019-2023年度考核表.pdf", "appraisal", "name"),
        ("继续教育.pdf", "training", "name"),
        ("IMG_20240301_1122.jpg", None, None),
        ("证书.pdf", None, None),
    ],
)
def test_dropped_files_find_their_slot(name: str, key: str | None, by: str | None) -> None:
    assert match_slot(name, SLOTS) == (key, by, None)


def test_a_mixed_up_name_is_told() -> None:
    found = match_slot("1身份证.pdf", SLOTS)
    assert (found.key, found.by) == ("form", "number")
    assert found.conflict == "文件名像是第2项“身份证”，却放在第1项“审批表”，请确认没有张冠李戴。"
    assert match_slot("2房产证.pdf", SLOTS).conflict == "文件名“房产证”与第2项“身份证”不一致，请确认没有传错。"
    assert match_slot("19房产证.pdf", SLOTS) == (
        None,
        None,
        "材料列表中没有第19项，请手动选择这份文件对应的材料。",
    )
    found = match_slot("12身份证.pdf", SLOTS)
    assert (found.key, found.by) == ("id", "name") and "编号 12 不在材料列表中" in found.conflict


def test_a_single_upload_is_checked_against_its_slot() -> None:
    assert name_warning("2身份证.pdf", "id", SLOTS) is None
    assert name_warning("身份证.pdf", "id", SLOTS) is None
    assert name_warning("IMG_2034.pdf", "id", SLOTS) is None
    assert "张冠李戴" in name_warning("1审批表.pdf", "id", SLOTS)
    assert "张冠李戴" in name_warning("审批表.pdf", "id", SLOTS)
    assert "张冠李戴" in name_warning("1.pdf", "id", SLOTS)
    assert "不一致" in name_warning("房产证.pdf", "id", SLOTS)
