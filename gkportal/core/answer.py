"""The answer of a rule: may it be done, and if not, why (the text beside a greyed button)."""

from __future__ import annotations

from dataclasses import dataclass

from gkportal.core.errors import Refused


@dataclass(frozen=True, slots=True)
class Answer:
    """`ok`, or a Chinese `reason` why not. True when ok."""

    ok: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.ok

    def demand(self) -> None:
        """Raise `Refused` with the reason unless ok."""
        if not self.ok:
            raise Refused(self.reason)


YES = Answer(True)


def no(reason: str) -> Answer:
    """A refusal with its reason."""
    return Answer(False, reason)
