"""What a response says, whatever its type, and which texts of other units are in it."""

from __future__ import annotations

import io
import re
import zipfile
from urllib.parse import unquote

from pypdf import PdfReader
from werkzeug.test import TestResponse

from tests.access.matrix import Person, Place
from tests.access.scene import Scene

READERS = {"clerk", "unit_admin", "reviewer", "round_admin"}
#: An unmasked 公民身份号码 of anybody in the test world.
ID_NUMBER = re.compile(r"990101\d{11}[\dX]")


def said(response: TestResponse) -> str:
    """Body as text (HTML, PDF, zip, workbook) and the headers, decoded."""
    headers = "\n".join(
        unquote(f"{key}: {value}") for key, value in response.headers if key != "Content-Security-Policy"
    )
    return f"{headers}\n{_body(response)}"


def _body(response: TestResponse) -> str:
    data = response.get_data()
    if response.mimetype == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(f"{name}\n{archive.read(name).decode('utf-8', 'replace')}" for name in archive.namelist())
    return data.decode("utf-8", "replace") if response.mimetype.startswith(("text/", "application/json")) else ""


def may_know(person: Person, unit: str, place: Place) -> set[str]:
    """Groups of a unit's markers that this person may be told."""
    own, below = person.org == unit, place.paths[unit].startswith(person.path)
    known: set[str] = set()
    if (own and person.signed_in) or (below and person.keys & {"security_admin"}) or "audit_admin" in person.keys:
        known |= {"unit", "accounts"}
    if below and person.keys & READERS:
        known |= {"unit", "accounts", "people", "business"}
    if own and person.keys & {"clerk", "unit_admin"}:
        known |= {"draft", "late"}
    if below and "round_admin" in person.keys:
        known.add("late")  # whoever grants late exceptions sees the cases they are for
    return known


def forbidden(person: Person, scene: Scene, place: Place) -> list[str]:
    """Every text that must never reach this person."""
    found = []
    for unit, groups in scene.markers.items():
        known = may_know(person, unit, place) if person.name != "visitor" else set()
        found += [text for group, texts in groups.items() if group not in known for text in texts]
    return found


def leaks(response: TestResponse, person: Person, texts: list[str]) -> list[str]:
    """The forbidden texts in a response."""
    text = said(response)
    return [item for item in texts if item in text]
