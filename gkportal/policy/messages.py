"""Pydantic's findings as Chinese sentences: file, key, what is wrong, what is allowed."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from gkportal.policy.reading import Origins, Raw, Trail, entry_name, trail_text


def sentences(error: ValidationError, raw: Raw, origins: Origins, shown: str) -> list[str]:
    """One sentence per finding."""
    found = []
    items = error.errors()
    for item in items:
        # A list whose entries are all wrong also counts as too short: only the entries matter.
        if item["type"] == "too_short" and any(_inside(other["loc"], item["loc"]) for other in items):
            continue
        trail = _trail(item["loc"], raw, missing=item["type"] == "missing")
        found.append(f"{_file(trail, origins, shown)}：{trail_text(trail)} {_what(item)}。")
    return found


def _inside(inner: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _trail(loc: tuple[int | str, ...], raw: Raw, *, missing: bool) -> Trail:
    """The way to a value by keys. Tags of a union are in pydantic's way but not in the file."""
    trail: list[str] = []
    here: Any = raw
    for part in loc:
        if isinstance(part, int):
            here = here[part] if isinstance(here, list | tuple) and part < len(here) else None
            trail.append(f"[{entry_name(here) or part + 1}]")
        elif isinstance(here, dict) and part in here:
            here = here[part]
            trail.append(part)
    if missing and loc and isinstance(loc[-1], str):
        trail.append(loc[-1])
    return tuple(trail)


def _file(trail: Trail, origins: Origins, shown: str) -> str:
    for end in range(len(trail), 0, -1):
        if trail[:end] in origins:
            return origins[trail[:end]]
    return shown


def _what(item: Any) -> str:
    context = item.get("ctx", {})
    value = item.get("input")
    shown = f"“{value}”" if isinstance(value, str | int | float | bool) else "这个值"
    fixed = {
        "missing": "缺少，必须填写",
        "extra_forbidden": "不是认识的键，请检查拼写",
        "string_too_short": "不能为空",
        "too_short": "至少要有一项",
        "union_tag_not_found": "缺少 kind（条件类型）",
        "string_type": f"应为文字，实际是 {shown}",
    }
    if item["type"] in fixed:
        return fixed[item["type"]]
    if item["type"] == "union_tag_invalid":
        return f"的条件类型 “{context['tag']}” 不认识，可用：{context['expected_tags']}"
    if item["type"] == "literal_error":
        return f"是 {shown}，只能是 {context['expected'].replace(' or ', '、')}"
    if item["type"] == "string_pattern_mismatch":
        return f"是 {shown}，格式不符（{context['pattern']}）"
    return _number(item["type"], context, shown) or f"是 {shown}：{item['msg']}"


def _number(kind: str, context: dict[str, Any], shown: str) -> str | None:
    if re.match(r"int_|bool_|datetime_|tuple_|dict_|model_", kind):
        wanted = {"int": "整数", "bool": "true 或 false", "datetime": "日期时间", "tuple": "列表"}
        return f"应为{wanted.get(kind.split('_')[0], '表')}，实际是 {shown}"
    for name, word in (("greater_than_equal", "不能小于"), ("less_than_equal", "不能大于")):
        if kind == name:
            return f"是 {shown}，{word} {context.get('ge', context.get('le'))}"
    return None
