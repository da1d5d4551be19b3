"""What a page sends of the form: cleaned, and merged with what others saved since the page was loaded.

Any value is kept, valid or not (暂存 is never refused). The page says which version of the form it shows; the audit
events since then tell what a value was in that version. A value the sender did not touch never overwrites what
somebody else saved meanwhile; a value that both changed is a clash, and the stored one stays (security.md R18).
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
    """One row in edit state."""

    section: str
    row_id: str
    values: dict[str, str]

    @property
    def place(self) -> str:
        """Its name in events and clashes."""
        return row_place(self.section, self.row_id)


@dataclass(slots=True)
class FormInput:
    """Everything a page sent. `version` is the form it showed; `pending` names clashes it shows that nobody has
    decided yet, `take` the one decided for the sender."""

    version: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)
    rows: list[RowInput] = field(default_factory=list)
    delete: list[tuple[str, str]] = field(default_factory=list)
    take: set[str] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Clash:
    """Two people changed the same place: `mine` was not stored, `theirs` is (None: they deleted the row)."""

    place: str
    label: str
    mine: Any
    theirs: Any


def row_place(section: str, row_id: str) -> str:
    """`row.career.3f2a90c1`"""
    return f"row.{section}.{row_id}"


def read(posted: Mapping[str, Any], definition: FormDefinition) -> FormInput:
    """Read a posted form (a MultiDict) without trusting any name in it."""
    found = FormInput(version=_number(posted.get("version")))
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
    if hasattr(posted, "getlist"):
        found.pending = {clean_line(item, 120) for item in posted.getlist("pending")}
    if posted.get("take"):
        found.take = {clean_line(str(posted["take"]), 120)}
    if posted.get("drop"):
        _forget(found, clean_line(str(posted["drop"]), 120))
    return found


def _decided(place: str, sent: FormInput, before: Mapping[str, Any]) -> bool:
    """Whether nobody else has a say in `place` (any more)."""
    return place in sent.take or (place not in before and place not in sent.pending)


def _number(text: Any) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        return 0


def _forget(found: FormInput, place: str) -> None:
    """The sender takes over what is stored at `place`."""
    found.values.pop(place, None)
    found.rows = [row for row in found.rows if row.place != place]


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
    return "" if text in _OPEN_END else _iso(kind, text)


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
    return list(rows.values())


def merge_value(form: dict[str, Any], key: str, label: str, sent: FormInput, before: Mapping[str, Any]) -> Clash | bool:
    """Put one plain value into `form`. True when it changed, False when not, or the clash.

    `before` holds what others changed since the sender's version: place → the value in that version.
    """
    now, mine = form.get(key, ""), sent.values[key]
    if same(mine, now):
        return False
    if not _decided(key, sent, before):
        untouched = key not in sent.pending and same(mine, before[key])
        return False if untouched else Clash(key, label, mine, now)
    form[key] = mine
    return True


def merge_row(
    rows: list[dict[str, Any]], row: RowInput, label: str, sent: FormInput, before: Mapping[str, Any]
) -> Clash | bool:
    """Put one row into `rows`. True when it changed, False when not, or the clash."""
    index = next((i for i, item in enumerate(rows) if item.get("id") == row.row_id), None)
    now = rows[index] if index is not None else None
    if (now is None and not any(row.values.values())) or (now is not None and _covers(now, row.values)):
        return False
    if not _decided(row.place, sent, before):
        untouched = row.place not in sent.pending and _covers(before[row.place] or {}, row.values)
        return False if untouched else Clash(row.place, label, row.values, now)
    if index is None:
        rows.append({"id": row.row_id, **row.values})
    else:
        rows[index] = {**rows[index], **row.values}
    return True


def _covers(stored: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(same(value, stored.get(key)) for key, value in values.items())


def same(one: Any, other: Any) -> bool:
    """Equal as values of a form: missing, empty and None are the same."""
    return _plain(one) == _plain(other)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        filled = {key: str(item) for key, item in value.items() if item}
        return filled or ""
    return "" if value is None else str(value)


def read_undo(text: str | None) -> dict[str, str] | None:
    """The row as it was when its editor opened; None for a new row."""
    try:
        value = json.loads(text) if text else None
    except ValueError:
        return None
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else None
