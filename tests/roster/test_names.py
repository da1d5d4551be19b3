"""Search keys of names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gkportal.roster.names import MAX_KEYS, fts_query, fts_text, name_keys, pinyin_query


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("曾雨欣", {"zyx", "cyx", "zengyuxin", "cengyuxin"}),
        ("单雄", {"sx", "dx", "cx", "shanxiong", "danxiong", "chanxiong"}),
        ("仇英", {"qy", "cy", "jy", "qiuying", "chouying", "juying"}),
        ("区宁", {"on", "ouning"}),
        ("查良", {"zl", "zhaliang", "chaliang"}),
        ("翟平", {"zp", "zhaiping"}),
        ("解放", {"xf", "xiefang", "jiefang"}),
        ("任平", {"renping"}),
        ("吕绿", {"ll", "lvlv"}),
        ("尉迟恭", {"ycg", "yuchigong"}),
        ("䶮㛃𬭎", {"yjh", "yanjiehong"}),
        ("𫖯", {"f", "fu"}),
        ("古丽娜尔·阿山", {"glneas", "gulinaerashan"}),
        ("John", {"john"}),
    ],
)
def test_every_reading_is_a_key(name, keys):
    assert keys <= set(name_keys(name))


def test_the_surname_reading_comes_first():
    assert [name_keys(name)[0] for name in ("曾平", "单平", "仇平", "区平", "查平", "翟平", "解平")] == [
        "zp",
        "sp",
        "qp",
        "op",
        "zp",
        "zp",
        "xp",
    ]


def test_characters_without_a_reading_are_left_to_the_character_search():
    assert name_keys("𡋾") == ()
    assert fts_text("𡋾·𠅤") == "𡋾 𠅤" and fts_query("𡋾") == '"𡋾"'


def test_many_sounded_names_have_a_bounded_number_of_keys():
    assert len(name_keys("区查仇解翟长乐行重")) <= 2 * MAX_KEYS


@pytest.mark.parametrize(
    ("typed", "prefix"),
    [
        ("ZYX", "zyx"),
        (" zeng yu xin", "zengyuxin"),
        ("lü", "lv"),
        ("LYU", "lv"),
        ("ａｎｙｕ", "anyu"),
        ("xi'an", "xian"),
        ("曾", None),
        ("z1", None),
        ("", None),
    ],
)
def test_what_counts_as_pinyin(typed, prefix):
    assert pinyin_query(typed) == prefix


@given(st.text(max_size=80))
def test_keys_never_fail_and_are_letters(text):
    """Any Unicode at all: controls, surrogate-free astral characters, combining marks."""
    keys = name_keys(text)
    assert len(keys) == len(set(keys)) <= 2 * MAX_KEYS
    assert all(key and key.isascii() and key.isalnum() and len(key) <= 60 for key in keys)
    assert '"' not in fts_query(text).strip('"')
    pinyin_query(text)


@given(st.text(alphabet=st.characters(categories=["Lo"]), min_size=1, max_size=6))
def test_typing_a_key_looks_for_that_key(text):
    for key in name_keys(text):
        if key.isalpha() and not key.startswith(("lyu", "nyu")):
            assert pinyin_query(key) == key
