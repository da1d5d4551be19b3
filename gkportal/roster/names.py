"""Search keys of a name: characters for full-text search, pinyin for prefix search (S000-19, S000-105).

A character may be read in several ways and nobody knows which one the clerk will type, so every reading counts;
surname readings come first (单 shan, 曾 zeng, 仇 qiu …). `ü` is written `v`, as Chinese keyboards do.
"""

from __future__ import annotations

import os
import re
import unicodedata
from functools import lru_cache
from itertools import islice, product

# Names are spelt character by character: without pypinyin's 47,000 phrases the process is 46 MB smaller and starts
# 0.2 s sooner, and every key is the same.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")

from pypinyin import Style, lazy_pinyin, pinyin

#: Readings of characters used as surnames that come first (or are missing) in the general dictionary.
SURNAME_READINGS = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "区": "ou", "查": "zha", "翟": "zhai", "解": "xie", "任": "ren",
    "朴": "piao", "盖": "ge", "缪": "miao", "华": "hua", "宓": "mi", "繁": "po", "折": "she", "乐": "yue",
    "员": "yun", "尉": "wei", "种": "chong", "召": "shao", "秘": "bi", "覃": "qin", "谌": "chen", "牟": "mou",
    "冼": "xian", "郗": "xi", "郇": "xun", "晁": "chao", "逄": "pang", "乜": "nie", "黑": "he", "那": "na",
    "哈": "ha", "葛": "ge", "长": "zhang", "洗": "xian", "都": "du", "车": "che", "沈": "shen", "石": "shi",
    "贾": "jia", "隗": "wei", "阚": "kan", "燕": "yan", "宁": "ning", "应": "ying", "令": "ling", "纪": "ji",
    "过": "guo", "费": "fei", "祭": "zhai", "佴": "nai", "藏": "zang", "瞿": "qu", "幺": "yao", "万": "wan",
}  # fmt: skip
COMPOUND_SURNAMES = {
    "尉迟": ("yu", "chi"), "澹台": ("tan", "tai"), "长孙": ("zhang", "sun"), "令狐": ("ling", "hu"),
    "万俟": ("mo", "qi"), "单于": ("chan", "yu"), "皇甫": ("huang", "fu"), "宇文": ("yu", "wen"),
}  # fmt: skip
MAX_KEYS = 16
_KEY_LENGTH = 60
_COMBINATIONS = 512
_LETTERS = re.compile(r"[a-z]+")


def characters(name: str) -> list[str]:
    """The letters and digits of a name, one by one; dots, spaces and marks are left out."""
    return [item for item in unicodedata.normalize("NFKC", name) if item.isalnum()]


def fts_text(name: str) -> str:
    """What goes into `worker_name_fts`: one token per character."""
    return " ".join(characters(name))


def fts_query(text: str) -> str:
    """A MATCH expression for `text` anywhere in a name; "" when nothing in it can be searched."""
    found = characters(text)
    return '"' + " ".join(found) + '"' if found else ""


def pinyin_query(text: str) -> str | None:
    """The prefix to look for when `text` is pinyin or initials, else None."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower().replace("ü", "v"))
    folded = re.sub(r"[\s'’\u0300-\u036f]", "", folded)
    if not _LETTERS.fullmatch(folded):
        return None
    # Passports write 吕 as LYU; elsewhere "nyu" may be two syllables (an-yu).
    return re.sub(r"^([ln])yu", r"\1v", folded)[:_KEY_LENGTH]


@lru_cache(maxsize=20_000)
def _readings(character: str) -> tuple[str, ...]:
    found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="default")
    plain = [_plain(item) for item in (found[0] if found else [])]
    return tuple(dict.fromkeys(item for item in plain if item)) or ("",)


def _plain(reading: str) -> str:
    folded = unicodedata.normalize("NFD", reading.lower().replace("ü", "v"))
    return re.sub(r"[^a-z0-9]", "", folded)


def _first(values: tuple[str, ...], wanted: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((wanted, *values))) if wanted else values


def _choices(name: str) -> list[tuple[str, ...]]:
    letters = characters(name)
    compound = COMPOUND_SURNAMES.get("".join(letters[:2]), ())
    usual = [_plain(item) for item in lazy_pinyin(letters, errors=list)] if letters else []
    choices = []
    for index, letter in enumerate(letters):
        first = usual[index] if len(usual) == len(letters) else ""
        if index < len(compound):
            first = compound[index]
        elif index == 0:
            first = SURNAME_READINGS.get(letter, first)
        choices.append(_first(_readings(letter), first))
    return choices


def _most_usual(choices: list[tuple[str, ...]]) -> list[tuple[tuple[int, str], ...]]:
    """Combinations of readings, each part with its rank; names of many-sounded characters are cut short."""
    combinations = islice(product(*(enumerate(item) for item in choices)), _COMBINATIONS)
    return sorted(combinations, key=lambda item: sum(min(rank, 1) for rank, _ in item))


def name_keys(name: str) -> tuple[str, ...]:
    """Initials and whole spellings of a name, at most MAX_KEYS of each; () when nothing can be spelt.

    Never fails, whatever the text. The usual reading comes first, then those with one unusual character, and so on.
    """
    choices = _choices(name)
    if not any(any(item) for item in choices):
        return ()
    readings = [[part for _, part in item] for item in _most_usual(choices)]
    spellings = dict.fromkeys("".join(item)[:_KEY_LENGTH] for item in readings)
    initials = dict.fromkeys("".join(part[:1] for part in item)[:_KEY_LENGTH] for item in readings)
    return tuple(dict.fromkeys([*islice(initials, MAX_KEYS), *islice(spellings, MAX_KEYS)]))
