"""Well-known passwords: a list of stems, and the shapes people give them.

With a minimum length and character classes hardly any literal entry of the published lists can be chosen at all;
what people choose is a well-known stem with a year, `123` or `!` around it and `@` for `a`. So the list holds
stems, and a password is common when nothing but such decoration surrounds one or two of them (ASVS 6.2.4).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("common_passwords.txt")
_LEET = str.maketrans(
    {"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "5": "s", "$": "s", "7": "t", "8": "b"}
)
_SHIFTED = str.maketrans("!@#$%^&*()", "1234567890")
_EDGES = re.compile(r"^[^a-z\u4e00-\u9fff]+|[^a-z\u4e00-\u9fff]+$")
_ROWS = (
    "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "!@#$%^&*()",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p", "147258369", "159357", "789456123",
)  # fmt: skip
#: Decoration inside is at most this many characters per stem; longer remainders carry their own surprise.
_MAX_DECORATION = 8


@cache
def stems() -> frozenset[str]:
    """The listed stems, lower case."""
    lines = _FILE.read_text(encoding="utf-8").split("\n")
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def is_common(password: str) -> bool:
    """Whether the password is a well-known one or a usual variation of it."""
    low = password.casefold()
    unshifted = low.translate(_SHIFTED)
    if low in stems() or unshifted in stems() or _walks(low) or _walks(unshifted) or _repeats(low):
        return True
    return any(_only_stems(form) for form in {low, low.translate(_LEET), _leet_inside(low)})


def _leet_inside(low: str) -> str:
    """Leet read only between letters: `p@ssw0rd2024!` is `password2024!`, the year stays a year."""
    core = _EDGES.sub("", low)
    return low.replace(core, core.translate(_LEET)) if core else low


def _only_stems(text: str) -> bool:
    """One or two stems, and around them nothing but a few digits and signs."""
    words = [part for part in re.split(r"[^a-z\u4e00-\u9fff]+", text) if part]
    if not 1 <= len(words) <= 2:
        return False
    if sum(_surprise(part) for part in re.split(r"[a-z\u4e00-\u9fff]+", text)) > _MAX_DECORATION * len(words):
        return False
    return all(_is_stem(word) for word in words)


def _surprise(decoration: str) -> int:
    """Length of a run of digits and signs; runs such as 123456789 or 888888 surprise nobody."""
    digits = decoration.strip("!@#$%^&*()-_=+.,;:?~ ")
    return len(decoration) - len(digits) if _walks(digits) or _repeats(digits) else len(decoration)


def _is_stem(word: str) -> bool:
    listed = stems()
    if word in listed or len(set(word)) == 1 or _walks(word):
        return True
    return any(word[:cut] in listed and word[cut:] in listed for cut in range(2, len(word) - 1))


def _walks(text: str) -> bool:
    """Whether the text is made of at most three runs along the keyboard, the alphabet or the digits."""
    runs, rest = 0, text
    while rest and runs < 3:
        longest = max((_run_length(rest, row) for base in _ROWS for row in (base, base[::-1])), default=0)
        if longest < 3:
            break
        rest, runs = rest[longest:], runs + 1
    return runs > 0 and len(rest) <= 2


def _run_length(text: str, row: str) -> int:
    start = row.find(text[:3])
    if start < 0:
        return 0
    length = 3
    while length < len(text) and start + length < len(row) and text[length] == row[start + length]:
        length += 1
    return length


def _repeats(text: str) -> bool:
    """`abcabcabc`, `aaaaaaaaaa`, `12121212`: a short piece again and again."""
    return any(len(text) >= 2 * size and text == (text[:size] * len(text))[: len(text)] for size in (1, 2, 3, 4))
