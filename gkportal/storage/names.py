"""File names: as people send them, as they are stored as a label, and as they are sent back.

Stored bytes are named by their hash; a user's name is only ever a label (ASVS 5.3.2).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

MAX_CHARACTERS = 120
MAX_BYTES = 240  # of UTF-8: most file systems stop at 255
NAMELESS = "未命名"

_ILLEGAL = re.compile(r'[<>:"|?*]')  # refused by Windows, where people unpack our zips
_SPACES = re.compile(r"\s+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}$")
_DROPPED = {"Cc", "Cf", "Cs"}
_SPACE_CATEGORIES = {"Zs", "Zl", "Zp"}


def clean_filename(name: str | None, *, max_characters: int = MAX_CHARACTERS) -> str:
    """A safe label: NFC, last path part, no control, bidi or zero-width characters, Chinese kept.

    At most `max_characters` characters and MAX_BYTES bytes of UTF-8, the extension kept; never empty.
    Nothing is URL-decoded (ASVS 1.1.1). Applying it twice changes nothing.
    """
    text = "".join(filter(None, map(_keep, name or "")))
    text = unicodedata.normalize("NFC", text)
    text = re.split(r"[/\\]", text)[-1]
    text = _trim(_ILLEGAL.sub("_", text))
    if _RESERVED.match(text):
        text = "_" + text
    text = _shorten(text, max_characters)
    return text if text.strip("._ ") else NAMELESS


def _keep(character: str) -> str:
    category = unicodedata.category(character)
    if character in "\t\n\r" or category in _SPACE_CATEGORIES:
        return " "
    if category in _DROPPED or (ord(character) & 0xFFFE) == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF:
        return ""
    return character  # unassigned ones stay: rare 汉字 newer than this Python's tables


def _trim(text: str) -> str:
    return _SPACES.sub(" ", text).strip().rstrip(". ")


def _shorten(text: str, max_characters: int) -> str:
    stem, extension = split_extension(text)
    stem = stem[: max_characters - len(extension)]
    while len((stem + extension).encode()) > MAX_BYTES:
        stem = stem[:-1]
    return stem.rstrip(". ") + extension if extension else _trim(stem)


def split_extension(name: str) -> tuple[str, str]:
    """`("1审批表", ".pdf")`; the extension is ASCII letters and digits, at most ten, else empty."""
    found = _EXTENSION.search(name)
    return (name[: found.start()], found.group()) if found and found.start() else (name, "")


def extension_refusal(name: str, allowed: Iterable[str]) -> str | None:
    """Why a file of this name may not be sent, or None. `allowed`: `("pdf",)` (ASVS 5.2.2: the content is
    checked by inspection as well)."""
    allowed = tuple(allowed)
    extension = split_extension(clean_filename(name))[1].lstrip(".").lower()
    if extension in allowed:
        return None
    wanted = "、".join(allowed)
    have = f"“.{extension}”文件" if extension else "没有扩展名的文件"
    return f"这里只能上传 {wanted} 格式，您选择的是{have}。请另存为 {allowed[0]} 格式后重新上传（不能只改扩展名）。"


def content_disposition(name: str, *, inline: bool = False) -> str:
    """The header value of RFC 6266 with the RFC 8187 form for Chinese names; never holds CR or LF."""
    label = clean_filename(name)
    fallback = re.sub(r"[^A-Za-z0-9._ ()-]", "_", label)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{fallback}\"; filename*=UTF-8''{quote(label, safe='')}"


def member_name(*parts: str) -> str:
    """A path inside a zip from untrusted parts: `("张三", "1审批表.pdf")` → `张三/1审批表.pdf`."""
    return "/".join(clean_filename(part.replace("/", "／").replace("\\", "＼")) for part in parts)


def unique_names(names: Iterable[str]) -> list[str]:
    """The same names with ` (2)`, ` (3)` … put before the extension where one repeats (ignoring case)."""
    taken: set[str] = set()
    result = []
    for name in names:
        stem, extension = split_extension(name)
        candidate, count = name, 1
        while candidate.casefold() in taken:
            count += 1
            candidate = f"{stem} ({count}){extension}"
        taken.add(candidate.casefold())
        result.append(candidate)
    return result
