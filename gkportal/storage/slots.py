"""Which material a dropped file belongs to: `1审批表.pdf` goes to item 1 (S002-131, S002-132, X-44)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gkportal.storage.names import clean_filename, split_extension


class Slot(NamedTuple):
    """One row of the material list."""

    number: int
    key: str
    short_name: str
    title: str


class NumberedName(NamedTuple):
    """A name taken apart: the leading number (None without one) and the words after it."""

    number: int | None
    label: str


class Match(NamedTuple):
    """Where a file goes. With a `conflict` the sentence is shown and a person decides."""

    key: str | None
    by: str | None  # "number", "name" or None
    conflict: str | None


_COPY_MARK = re.compile(r"\s*(\(\d{1,2}\)|-\s*副本(\s*\(\d{1,2}\))?|\s副本|_副本)\s*$")
_NUMBERED = re.compile(
    r"""^[\s(\[【〔第]*            # （1） 【1】 第1项
        (\d{1,3})(?![\d寸吋])       # not 2024, not the 2寸 of a photo
        (?:[-.](\d{1,2})(?![\d年月日]))?   # 5-1, 5.2: parts of item 5
        \s*[)\]】〕]?\s*[号项]?[\s.、,:;_\-–—)]*
        (.*)$""",
    re.VERBOSE | re.DOTALL,
)
_NOISE = re.compile(r"[\W_]+")
_GENERIC = re.compile(
    r"(?i)(扫描件?|扫描全能王|全能王|创建于?|scan|img|image|dsc|doc|pdf|jpe?g|微信图片|qq图片|图片|截图|相片|文档|文件|材料|新建|附件|复印件|原件|电子版|最终版?|盖章|page|副本|\d+)"
)


def parse_numbered_name(name: str) -> NumberedName:
    """`1审批表.pdf`, `１、审批表`, `01 审批表`, `（1）审批表`, `①审批表` → `(1, "审批表")`.

    Years (`2024年考核表`) and photo sizes (`2寸照片`) are no numbers. Marks of copies (` (1)`, ` - 副本`) go.
    """
    stem = _COPY_MARK.sub("", _stem(name))
    found = _NUMBERED.match(stem)
    if found is None or not int(found.group(1)):
        return NumberedName(None, stem.strip())
    return NumberedName(int(found.group(1)), found.group(3).strip())


def match_slot(name: str, slots: Iterable[Sequence[object]]) -> Match:
    """The slot for a file of this name; `slots` are (number, key, short_name, title).

    The number decides; when the words fit another slot better or no slot, `conflict` says so. Without a number
    the words decide, if they fit exactly one slot.
    """
    rows = [Slot(*slot) for slot in slots]  # type: ignore[arg-type]
    number, label = parse_numbered_name(name)
    by_number = next((row for row in rows if row.number == number), None)
    named = _best(label, rows) or (_best(_stem(name), rows) if number is not None else None)
    if by_number is not None:
        return Match(by_number.key, "number", _conflict(label, by_number, named))
    if named is not None:
        conflict = None
        if number is not None:
            conflict = (
                f"文件名的编号 {number} 不在材料列表中，按名称像是第{named.number}项“{named.short_name}”，请确认。"
            )
        return Match(named.key, "name", conflict)
    if number is not None:
        return Match(None, None, f"材料列表中没有第{number}项，请手动选择这份文件对应的材料。")
    return Match(None, None, None)


def name_warning(name: str, key: str, slots: Iterable[Sequence[object]]) -> str | None:
    """What is odd about uploading a file of this name to the slot `key`, or None (S002-132)."""
    rows = [Slot(*slot) for slot in slots]  # type: ignore[arg-type]
    slot = next((row for row in rows if row.key == key), None)
    if slot is None:
        return None
    number, label = parse_numbered_name(name)
    if number is not None and number != slot.number and any(row.number == number for row in rows):
        other = next(row for row in rows if row.number == number)
        if not _fits(label, slot) or _fits(label, other):
            return _mixed_up(slot, other)
    return _conflict(label, slot, _best(label, rows) or _best(_stem(name), rows))


def _conflict(label: str, slot: Slot, named: Slot | None) -> str | None:
    if _fits(label, slot) or not _meaning(label):
        return None
    if named is not None and named.key != slot.key:
        return _mixed_up(slot, named)
    return f"文件名“{label}”与第{slot.number}项“{slot.short_name}”不一致，请确认没有传错。"


def _mixed_up(slot: Slot, other: Slot) -> str:
    return (
        f"文件名像是第{other.number}项“{other.short_name}”，却放在第{slot.number}项“{slot.short_name}”，"
        "请确认没有张冠李戴。"
    )


def _stem(name: str) -> str:
    text = unicodedata.normalize("NFKC", clean_filename(name))
    return split_extension(text)[0]


def _plain(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _meaning(label: str) -> str:
    """The words of a name without what scanners and phones write into every name."""
    return _plain(_GENERIC.sub("", label))


def _fits(label: str, slot: Slot) -> bool:
    return _score(_meaning(label), slot) > 0


def _best(label: str, rows: Sequence[Slot]) -> Slot | None:
    """The slot whose name fits best; None when none fits or two fit equally."""
    text = _meaning(label)
    ranked = sorted(((_score(text, row), row.number, row) for row in rows), reverse=True)
    if not ranked or ranked[0][0] == 0 or (len(ranked) > 1 and ranked[1][0] == ranked[0][0]):
        return None
    return ranked[0][2]


def _score(text: str, slot: Slot) -> float:
    short, title = _plain(slot.short_name), _plain(slot.title)
    if len(text) < 2 or not short:
        return 0
    if short in text:
        return 3 + len(short) / 100
    if text in short or text in title:
        return 2
    shared = _pairs(text) & _pairs(short)
    share = len(shared) / max(1, min(len(_pairs(text)), len(_pairs(short))))
    return share if share >= 0.6 else 0


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}
