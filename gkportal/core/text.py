"""Text as people give it: cleaned once, in one place (ASVS 1.3.3), and shown without giving secrets away."""

from __future__ import annotations

import re
import unicodedata

#: Control, bidi and zero-width characters that never belong into a field.
_STRIP = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
_SPACES = re.compile(r"[^\S\n]+")
_ID_NUMBER = re.compile(r"(?<![0-9A-Za-z])([1-9]\d{5})\d{8}(\d{3}[\dXx])(?![0-9A-Za-z])")
_DOTS = str.maketrans({"•": "·", "‧": "·", "・": "·", "●": "·", "．": "·"})


def clean_line(value: str | None, limit: int = 200) -> str:
    """One line: NFC, no control characters, single spaces, trimmed, at most `limit` code points."""
    text = unicodedata.normalize("NFC", value or "")
    return _SPACES.sub(" ", _STRIP.sub("", text).replace("\n", " ").replace("\r", " ")).strip()[:limit]


def clean_text(value: str | None, limit: int = 20_000) -> str:
    """Several lines: as `clean_line`, keeping line breaks (CRLF and CR become LF)."""
    text = unicodedata.normalize("NFC", value or "").replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(_SPACES.sub(" ", line).rstrip() for line in _STRIP.sub("", text).split("\n")).strip()[:limit]


def clean_name(value: str | None) -> str:
    """A person's name: NFKC (folds 康熙部首 and full-width forms), no spaces between 汉字, `·` as U+00B7.

    At most 50 characters, as the 2016 notice on uniform name capture asks for.
    """
    text = unicodedata.normalize("NFKC", value or "").translate(_DOTS)
    text = clean_line(text, 50)
    return re.sub(r"(?<=[^\x00-\x7f]) (?=[^\x00-\x7f])", "", text)


def clean_id_number(value: str | None) -> str:
    """公民身份号码 as stored: half-width, no spaces, capital X."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", value or "")).upper()[:18]


def whole_number(value: str | None, default: int = 0) -> int:
    """A whole number from 0 to 999 999 999 as a form or address carries it (versions, counts); else `default`."""
    text = value or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def mask_id_number(value: str | None) -> str:
    """`990101********0377`: the first six and the last four stay (S000-20; PIPL art. 51)."""
    if not value:
        return ""
    return value[:6] + "*" * 8 + value[-4:] if len(value) == 18 else "*" * len(value)


def mask_phone(value: str | None) -> str:
    """`100****0016`"""
    if not value:
        return ""
    return value[:3] + "****" + value[-4:] if len(value) == 11 else value[:2] + "*" * max(len(value) - 2, 0)


def mask_in_text(text: str) -> str:
    """Mask every 公民身份号码 inside `text` (log lines, messages)."""
    return _ID_NUMBER.sub(r"\1********\2", text)


def like_escape(text: str) -> str:
    r"""Escape `%`, `_` and `\` for `LIKE … ESCAPE '\'`."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
