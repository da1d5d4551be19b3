"""What the form of a new applicant starts with: the values the roster already has (S000-76…82)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from gkportal.declarations.dossiers import BOUND, plain_value
from gkportal.policy import FormDefinition, FormField, FormSection

#: Rows section of the form → list of the roster.
_ROWS = {"certificates": "certificates", "career": "careers", "achievements": "achievements"}


def initial_form(definition: FormDefinition, source: Callable[[str], Any]) -> dict[str, Any]:
    """Form data for a new application; locked fields are left out, they always come from the roster."""
    values: dict[str, Any] = {}
    for section in definition.sections:
        plain = section.fields if section.layout == "fields" else section.after_fields
        for item in plain:
            if not item.locked and item.key not in BOUND:
                values[item.key] = _first(item, source)
        if section.layout == "rows":
            values[section.key] = [_row(section, row) for row in source(_ROWS.get(section.key, section.key)) or []]
    return values


def _first(item: FormField, source: Callable[[str], Any]) -> Any:
    value = source(item.source) if item.source else None
    if item.type == "month_range":
        return value if isinstance(value, dict) else {"start": "", "end": ""}
    return plain_value(value)


def _row(section: FormSection, row: dict[str, Any]) -> dict[str, str]:
    return {"id": new_row_id(), **{item.key: plain_value(_cell(item, row)) for item in section.fields}}


def _cell(item: FormField, row: dict[str, Any]) -> Any:
    return row.get(item.source.rpartition(".")[2] or item.key)


def new_row_id() -> str:
    """An id for a row, unique within its form, so that two clerks never mean different rows by one number."""
    return secrets.token_hex(4)
