"""Words for the codes in cases and tasks, from the pack the case was opened under."""

from __future__ import annotations

from dataclasses import dataclass

from gkportal.policy import Pack, PackError, dictionary, load_pack

#: The pack's name of each decision of ours.
_PACK_DECISIONS = {"pass": "approve", "return": "return", "reject": "reject", "fix": "return"}


@dataclass(frozen=True, slots=True)
class Labels:
    """Kind, grade, mode and trade in words; a code without a word is shown as it is."""

    pack: Pack | None

    def kind(self, key: str) -> str:
        """等级工 …"""
        found = self.pack.find_kind(key) if self.pack else None
        return found.label if found else key

    def grade(self, number: int) -> str:
        """高级工 …"""
        return self.pack.grade_label(number) if self.pack else dictionary("grade").label(number)

    def mode(self, key: str) -> str:
        """破格申报 …"""
        return self.pack.mode_label(key) if self.pack else key

    def trade(self, code: str) -> str:
        """公路养护 …"""
        return self.pack.trade_name(code) if self.pack else code

    def working_days(self, step_key: str) -> int | None:
        """How many working days a step usually takes."""
        try:
            return self.pack.step(step_key).working_days if self.pack else None
        except KeyError:
            return None

    def opinions(self, decision: str, step_key: str) -> list[str]:
        """Canned opinions of the pack for pass, return, reject or fix."""
        if self.pack is None:
            return []
        return [item.text for item in self.pack.opinions(_PACK_DECISIONS[decision], step_key)]


def labels_of(pack_id: str) -> Labels:
    """The words of a pack. A pack that is gone leaves the codes: old cases stay readable."""
    if not pack_id:
        return Labels(None)
    try:
        return Labels(load_pack(pack_id))
    except PackError:
        return Labels(None)
