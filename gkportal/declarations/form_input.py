"""What a page sends of the form: cleaned, compared with what the page had shown and with what is stored now.

Any value is kept, valid or not (暂存 is never refused). A value that the sender did not touch never overwrites what
somebody else saved meanwhile; a value that both changed is a conflict, and the stored one stays (security.md R18).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gkportal.core.text import clean_line, clean_text
from gkportal.declarations.dossiers import BOUND
from gkportal.policy import FormDefinition, FormField
from gkportal.policy.dates import parts

_ROW_NAME = re.compile(r"row\.([a-z][a-z0-9_.]*)\.([A-Za-z0-9_-]{1,24})\.([a-z][a-z0-9_]*)")
#: A value longer than its field allows is kept up to this many characters, so that the message can say so.
_HARD_LIMIT = 10_000
_OPEN_END = {"至今", "今", "现在", "目前"}


@dataclass(slots=True)
class RowInput:
    """One row in edit state: its values, and the values the page had loaded (None for a new row)."""

    section: str
    row_id: str
    values: dict[str, str]
    base: dict[str, str] | None = None


@dataclass(slots=True)
class FormInput:
    """Everything a page sent. `base` is what it had loaded; `take` names conflicts decided for the sender."""

    values: dict[str, Any] = field(default_factory=dict)
    base: dict[str, Any] = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)
    rows: list[RowInput] = field(default_factory=list)
    delete: list[tuple[str, str]] = field(default_factory=list)
    take: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Clash:
    """Two people changed the same place: `mine` was not stored, `theirs` is."""

    place: str
    label: str
    mine: Any
    theirs: Any


def read(posted: Mapping[str, Any], definition: FormDefinition) -> FormInput:
    """Read a posted form (a MultiDict) without trusting any name in it."""
    found = FormInput(base=_json(posted.get("base")))
    for section in definition.sections:
        plain = section.fields if section.layout == "fields" else section.after_fields
        for item in plain:
            value = _read_field(item, posted)
            if value is None or item.locked:
                continue
            if item.key in BOUND:
                found.bound[item.key] = str(value)
            else:
                found.values[item.key] = value
    found.rows = _read_rows(posted, definition)
    if posted.get("take"):
        found.take = {clean_line(str(posted.get("take")), 120)}
    return found


def _json(text: Any) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _read_field(item: FormField, posted: Mapping[str, Any]) -> Any:
    if item.type == "month_range":
        sides = {side: posted.get(f"{item.key}.{side}") for side in ("start", "end")}
        if all(value is None for value in sides.values()):
            return None
        return {side: clean_value("month", value or "") for side, value in sides.items()}
    value = posted.get(item.key)
    return None if value is None else clean_value(item.type, value)


def clean_value(kind: str, value: str) -> str:
    """One value as stored: cleaned text; months and dates as YYYY-MM[-DD] when they can be read (peers.md W5)."""
    if kind == "long_text":
        return clean_text(value, _HARD_LIMIT)
    text = clean_line(value, _HARD_LIMIT)
    if kind not in ("month", "date"):
        return text
    if text in _OPEN_END:
        return ""
    return _iso(kind, text)


def _iso(kind: str, text: str) -> str:
    found = parts(text)
    if found is None or found[1] is None:
        return text
    year, month, day = found
    if kind == "month" or day is None:
        return f"{year}-{month:02d}"
    return f"{year}-{month:02d}-{day:02d}"


def _read_rows(posted: Mapping[str, Any], definition: FormDefinition) -> list[RowInput]:
    columns = {s.key: {f.key: f for f in s.fields} for s in definition.sections if s.layout == "rows"}
    rows: dict[tuple[str, str], RowInput] = {}
    for name in posted:
        match = _ROW_NAME.fullmatch(name)
        if match is None or match[1] not in columns or match[3] not in columns[match[1]]:
            continue
        section, row_id, column = match.groups()
        row = rows.setdefault((section, row_id), RowInput(section, row_id, {}))
        row.values[column] = clean_value(columns[section][column].type, posted[name])
    for row in rows.values():
        base = posted.get(f"rowbase.{row.section}.{row.row_id}")
        row.base = _json(base) if base else None
    return list(rows.values())


def merge_values(
    stored: dict[str, Any], sent: FormInput, labels: Mapping[str, str], allowed: set[str]
) -> tuple[dict[str, tuple[Any, Any]], list[Clash]]:
    """Three-way merge of plain fields into `stored`. Returns {key: (before, after)} and what clashed."""
    changed: dict[str, tuple[Any, Any]] = {}
    clashes: list[Clash] = []
    for key, mine in sent.values.items():
        if key not in allowed:
            continue
        now = stored.get(key, "")
        base = sent.base.get(key, now)
        if same(mine, now) or (same(mine, base) and key not in sent.take):
            continue
        if not same(now, base) and key not in sent.take:
            clashes.append(Clash(key, labels.get(key, key), mine, now))
            continue
        changed[key] = (now, mine)
        stored[key] = mine
    return changed, clashes


def same(one: Any, other: Any) -> bool:
    """Equal as values of a form: missing, empty and None are the same."""
    return _plain(one) == _plain(other)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        filled = {key: str(item) for key, item in value.items() if item}
        return filled or ""
    return "" if value is None else str(value)


def merge_row(rows: list[dict[str, Any]], sent: RowInput, take: set[str]) -> tuple[dict | None, dict | None, Clash | None]:
    """Put one row into `rows`. Returns (before, after, clash); both None when nothing changed."""
    place = f"row.{sent.section}.{sent.row_id}"
    index = next((i for i, row in enumerate(rows) if row.get("id") == sent.row_id), None)
    if index is None:
        if not any(sent.values.values()):
            return None, None, None
        if sent.base and place not in take:
            return None, None, Clash(place, "", sent.values, None)
        rows.append({"id": sent.row_id, **sent.values})
        return None, rows[-1], None
    now = rows[index]
    base = sent.base if sent.base is not None else now
    mine = {key: value for key, value in sent.values.items() if not same(value, base.get(key))}
    wanted = {key: value for key, value in mine.items() if not same(value, now.get(key))}
    if not wanted:
        return None, None, None
    if place not in take and any(not same(now.get(key), base.get(key)) for key in wanted):
        return None, None, Clash(place, "", sent.values, {key: now.get(key, "") for key in sent.values})
    rows[index] = {**now, **wanted}
    return now, rows[index], None
