"""The numbered material list of one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gkportal.policy.dates import year_of
from gkportal.policy.dictionaries import EDUCATION
from gkportal.policy.facts import Facts
from gkportal.policy.schema_rules import Material, MaterialList
from gkportal.policy.whens import Subject, holds

if TYPE_CHECKING:
    from gkportal.policy.pack import Pack

EXTENSIONS = {"pdf": "pdf", "photo": "jpg"}
PLACEHOLDERS = ("trade", "grade", "lower_grade", "mode", "education", "graduated", "years", "first_year", "last_year")


@dataclass(frozen=True, slots=True)
class MaterialItem:
    """One slot asked from a person. `reason`: why a conditional slot is asked, else "".

    `evidence_fields`: form fields or sections a reviewer compares with the scan.
    `white_background` and colour are asked of photos (X-43). `max_bytes` in bytes. A slot that depends on an unknown fact is offered, not compulsory.
    """

    number: int
    key: str
    title: str
    short_name: str
    requirement: str
    copies: int
    form_name: str
    format: str
    max_bytes: int
    required: bool
    reason: str
    clause: str
    evidence_fields: tuple[str, ...]
    approval_form: bool
    photo: bool
    white_background: bool

    @property
    def file_name(self) -> str:
        """Number and short name, e.g. 1审批表.pdf (S002-131)."""
        return f"{self.number}{self.short_name}.{EXTENSIONS[self.format]}"


def build(
    pack: Pack, kind: str, grade: int, mode: str, trade_code: str | None, facts: Facts, *, flag: str | None, year: int
) -> tuple[MaterialItem, ...]:
    """The slots in order of their numbers. KeyError when the pack has no list."""
    definition = pack.material_definition(kind, mode)
    if definition is None:
        raise KeyError((kind, mode))
    trade = pack.resolve_trade(trade_code or facts.trade_code or "")
    subject = Subject(pack, facts, kind, grade, mode, trade, year, flag)
    words = _words(subject)
    found = [_item(material, subject, words) for material in all_items(pack, definition)]
    return tuple(item for item in sorted(filter(None, found), key=lambda item: item.number))


def all_items(pack: Pack, definition: MaterialList) -> tuple[Material, ...]:
    """The items of a list with those of the lists it includes."""
    by_key = {item.key: item for item in pack.data.materials}
    items: tuple[Material, ...] = ()
    name = definition.include
    while name:
        items = by_key[name].items + items
        name = by_key[name].include
    return items + definition.items


def _item(material: Material, subject: Subject, words: dict[str, str]) -> MaterialItem | None:
    asked = holds(material.when, subject)
    if asked is False:
        return None
    needed = holds(material.required_when, subject)
    requirement, reasons = [material.requirement], []
    if material.reason:
        reasons.append(material.reason if asked else f"{material.reason}（相关信息待确认）")
    for extra in material.extras:
        answer = holds(extra.when, subject)
        if answer:
            requirement.append(extra.requirement)
            reasons += [extra.reason] if extra.reason else []
    return MaterialItem(
        number=material.number,
        key=material.key,
        title=material.title,
        short_name=material.short_name,
        requirement=_fill("；".join(requirement), words),
        copies=material.copies,
        form_name=material.form_name,
        format=material.format,
        max_bytes=material.max_bytes,
        required=material.required and bool(asked) and bool(needed),
        reason=_fill("；".join(reasons), words),
        clause=material.clause,
        evidence_fields=material.evidence_fields,
        approval_form=material.approval_form,
        photo=material.photo,
        white_background=material.white_background,
    )


def _words(subject: Subject) -> dict[str, str]:
    best = _highest(subject)
    graduated = year_of(best.graduated) if best else None
    year = subject.year
    return {
        "trade": subject.pack.trade_name(subject.trade),
        "grade": subject.pack.grade_label(subject.grade),
        "lower_grade": subject.pack.grade_label(subject.grade + 1),
        "mode": subject.pack.mode_label(subject.mode),
        "education": EDUCATION.label(best.code) if best else "",
        "graduated": f"（{graduated}年毕业）" if graduated else "",
        "first_year": str(year - 5),
        "last_year": str(year - 1),
        "years": "、".join(str(each) for each in range(year - 5, year)),
    }


def _highest(subject: Subject):
    """The highest education: dictionary order runs from high to low."""
    order = {entry.code: place for place, entry in enumerate(EDUCATION.entries)}
    held = subject.facts.education or ()
    return min(held, key=lambda item: order.get(item.code, len(order)), default=None)


def _fill(text: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        text = text.replace("{" + name + "}", value)
    return text
