"""The filters of 工勤人员查询 (S000-18 … 28): read, checked, and split into public and personal ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date

from gkportal.core.text import clean_id_number, clean_line, clean_name
from gkportal.policy import Pack
from gkportal.policy.dictionaries import EDUCATION, GRADE, SEX, STATUS
from gkportal.roster.names import fts_query, pinyin_query

#: Personal data: posted, kept in the server-side session, never in a URL.
PERSONAL = ("name", "id_number")
ACTIVE = "active"
ANY_STATUS = "all"


@dataclass(frozen=True, slots=True)
class RosterFilters:
    """What the clerk asks for; "" means no condition. `office` is a public id, `department` part of a name.

    `name` is 汉字, pinyin or initials; `id_number` a whole number or its last six characters.
    """

    office: str = ""
    name: str = ""
    id_number: str = ""
    category: str = ""
    trade: str = ""
    status: str = ""
    department: str = ""
    education: str = ""
    grade: str = ""
    sex: str = ""
    born_from: str = ""
    born_to: str = ""

    @property
    def public(self) -> dict[str, str]:
        """Conditions that may stand in a URL. `status` always does: without it the list means 在职."""
        items = {key: value for key, value in asdict(self).items() if key not in PERSONAL and value}
        return {**items, "status": self.status or ANY_STATUS}

    @property
    def personal(self) -> dict[str, str]:
        """Conditions with personal data, only those that are set."""
        return {key: getattr(self, key) for key in PERSONAL if getattr(self, key)}

    @property
    def status_only(self) -> bool:
        """Nothing but 当前状态, 上级工考办 or 主管单位 is asked: totals and places are known without counting."""
        free = ("office", "department", "status")
        return not any(getattr(self, item.name) for item in fields(self) if item.name not in free)


def read_filters(values: Mapping[str, str], personal: Mapping[str, str] | None = None) -> RosterFilters:
    """Filters from a form or URL. A URL never sets the personal ones; without `status` it is 在职."""
    read = {item.name: clean_line(values.get(item.name, ""), 60) for item in fields(RosterFilters)}
    status = clean_line(values.get("status", ACTIVE), 20)
    read["status"] = "" if status == ANY_STATUS else status
    found = personal or {}
    read["name"] = clean_name(found.get("name", ""))
    read["id_number"] = clean_id_number(found.get("id_number", ""))
    return RosterFilters(**read)


def problems(filters: RosterFilters, pack: Pack | None) -> dict[str, str]:
    """What makes no sense, by field: found value and how to fix it. Empty when all is well."""
    found = {
        "name": _name(filters.name),
        "id_number": _id_number(filters.id_number),
        "category": _trade_category(filters, pack),
        "trade": _trade(filters, pack),
        "status": "" if not filters.status or filters.status in STATUS else _choose("当前状态", filters.status),
        "education": ""
        if not filters.education or filters.education in EDUCATION
        else _choose("学历", filters.education),
        "grade": "" if not filters.grade or filters.grade in GRADE else _choose("等级", filters.grade),
        "sex": "" if not filters.sex or filters.sex in SEX else _choose("性别", filters.sex),
        "born_from": _day("开始", filters.born_from),
        "born_to": _day("结束", filters.born_to),
    }
    both = filters.born_from and filters.born_to and not found["born_from"] and not found["born_to"]
    if both and filters.born_to < filters.born_from:
        found["born_to"] = f"出生日期的结束 {filters.born_to} 早于开始 {filters.born_from}，请把两个日期对调或改正。"
    return {key: text for key, text in found.items() if text}


def _choose(label: str, value: str) -> str:
    return f"{label}“{value}”不在可选项中，请从下拉列表重新选择。"


def _name(text: str) -> str:
    if not text or pinyin_query(text):
        return ""
    if any(letter.isdigit() for letter in text) or not fts_query(text):
        return "姓名只能填汉字、拼音或首字母，不能有数字和符号，请改正；按号码查询请填“公民身份号码”。"
    if re.search(r"[a-z]", text):
        return "姓名请全部填汉字，或全部填拼音（首字母），不要混在一起。"
    return ""


def _id_number(text: str) -> str:
    if not text or re.fullmatch(r"\d{17}[\dX]|\d{5}[\dX]", text):
        return ""
    if re.search(r"[^\dX]", text) or "X" in text[:-1]:
        return "公民身份号码只能是数字，最后一位可以是 X，请核对。"
    return f"公民身份号码现为 {len(text)} 位，请填完整的 18 位，或最后 6 位。"


def _trade_category(filters: RosterFilters, pack: Pack | None) -> str:
    if not filters.category or (pack and any(item.key == filters.category for item in pack.data.categories)):
        return ""
    return _choose("工种类别", filters.category)


def _trade(filters: RosterFilters, pack: Pack | None) -> str:
    if not filters.trade:
        return ""
    trade = pack.trade(filters.trade) if pack else None
    if trade is None:
        return _choose("工种种类", filters.trade)
    if filters.category and trade.category != filters.category and pack:
        label = pack.category_label(trade.category)
        return f"工种“{trade.name}”属于{label}，与所选工种类别不一致，请改选其中一个。"
    return ""


def _day(which: str, text: str) -> str:
    if not text:
        return ""
    try:
        date.fromisoformat(text)
    except ValueError:
        return f"出生日期的{which}“{text}”不是有效日期，请按 1980-05-06 的样子填写。"
    return "" if len(text) == 10 else f"出生日期的{which}请按 1980-05-06 的样子填写。"
