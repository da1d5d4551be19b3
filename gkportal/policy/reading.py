"""Reading TOML packs: files of one pack are joined, then an edition inherits another by key.

Tables merge. Lists whose entries carry `key` or `code` merge entry by entry; other lists
replace. An entry with `remove = true` drops the inherited one, `replace = true` starts anew.
Every value remembers its file, so that an error can name it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path as FilePath
from typing import Any

Raw = dict[str, Any]
Trail = tuple[str, ...]
Origins = dict[Trail, str]


class PackError(Exception):
    """A pack cannot be used. `problems`: one Chinese sentence each, naming file and key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def entry_name(entry: object) -> str | None:
    """The `key` or `code` that identifies a list entry."""
    if not isinstance(entry, dict):
        return None
    name = entry.get("key", entry.get("code"))
    return name if isinstance(name, str) else None


def is_keyed(values: object) -> bool:
    """True for a non-empty list of entries that all have a key or code."""
    return isinstance(values, list) and bool(values) and all(entry_name(item) is not None for item in values)


def trail_text(trail: Trail) -> str:
    """eligibility[level.4.normal].paths[ladder] for error messages."""
    text = ""
    for part in trail:
        text += part if part.startswith("[") or not text else f".{part}"
    return text


def read_directory(folder: FilePath, shown: str) -> tuple[Raw, Origins]:
    """All .toml files of a pack folder joined. `shown` is the folder's name in messages.

    Raises PackError for an unreadable file or a value given twice.
    """
    joined: Raw = {}
    origins: Origins = {}
    problems: list[str] = []
    for path in sorted(folder.glob("*.toml")):
        name = f"{shown}/{path.name}"
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            problems.append(f"{name}：不是有效的 TOML 文件（{error}）。请检查该行的引号、括号和等号。")
            continue
        problems += _duplicates(content, name, ())
        problems += _join(joined, content, name, origins, ())
    if not joined and not problems:
        problems.append(f"{shown}：目录里没有 .toml 文件。")
    if problems:
        raise PackError(problems)
    return joined, origins


def _duplicates(value: object, name: str, trail: Trail) -> list[str]:
    problems: list[str] = []
    if isinstance(value, dict):
        for key, item in value.items():
            problems += _duplicates(item, name, (*trail, key))
    elif isinstance(value, list):
        seen: set[str] = set()
        for item in value:
            key = entry_name(item)
            if key is not None and key in seen:
                problems.append(f"{name}：{trail_text(trail)} 里 “{key}” 写了两次。请删去一个或改名。")
            seen.add(key or "")
            problems += _duplicates(item, name, (*trail, f"[{key}]"))
    return problems


def _join(target: Raw, content: Raw, name: str, origins: Origins, trail: Trail) -> list[str]:
    """Join a file into the pack; the same value in two files is a mistake."""
    problems: list[str] = []
    for key, value in content.items():
        here = (*trail, key)
        old = target.get(key)
        if old is None:
            target[key] = value
            remember(value, here, name, origins)
        elif isinstance(old, dict) and isinstance(value, dict):
            problems += _join(old, value, name, origins, here)
        elif is_keyed(old) and is_keyed(value):
            known = {entry_name(item) for item in old}
            for item in value:
                if entry_name(item) in known:
                    text = f"{trail_text(here)} 里 “{entry_name(item)}” 在别的文件已写过"
                    problems.append(f"{name}：{text}。请只保留一处。")
                remember(item, (*here, f"[{entry_name(item)}]"), name, origins)
            target[key] = [*old, *value]
        else:
            first = origins.get(here, "别的文件")
            problems.append(f"{name}：{trail_text(here)} 在 {first} 已写过。请只保留一处。")
    return problems


def remember(value: object, trail: Trail, name: str, origins: Origins) -> None:
    """Note the file of a value and of everything inside it."""
    origins[trail] = name
    if isinstance(value, dict):
        for key, item in value.items():
            remember(item, (*trail, key), name, origins)
    elif is_keyed(value):
        for item in value:
            remember(item, (*trail, f"[{entry_name(item)}]"), name, origins)


def inherit(parent: object, child: object) -> object:
    """The child's value over the parent's."""
    if isinstance(parent, dict) and isinstance(child, dict):
        if child.get("replace") is True:
            return {key: value for key, value in child.items() if key != "replace"}
        merged = dict(parent)
        for key, value in child.items():
            merged[key] = inherit(parent[key], value) if key in parent else clean(value)
        return merged
    if is_keyed(parent) and is_keyed(child):
        return _inherit_entries(parent, child)
    return clean(child)


def _inherit_entries(parent: list[Raw], child: list[Raw]) -> list[Raw]:
    own = {entry_name(item): item for item in child}
    result: list[Raw] = []
    for item in parent:
        override = own.pop(entry_name(item), None)
        if override is None:
            result.append(item)
        elif override.get("remove") is not True:
            result.append(inherit(item, override))
    # Left over are the child's own entries, in the order they were written.
    return result + [clean(item) for item in own.values() if item.get("remove") is not True]


def clean(value: object) -> object:
    """Without the inheritance marks `remove` and `replace`."""
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items() if key != "replace"}
    if isinstance(value, list):
        return [clean(item) for item in value if not (isinstance(item, dict) and item.get("remove") is True)]
    return value


def fill_documents(raw: Raw) -> Raw:
    """Take the attributes a material shares with others from `documents`.

    An item takes the document of its own key, or the one named by `document`.
    """
    documents = {entry_name(item): item for item in raw.pop("documents", []) if entry_name(item)}
    lists = raw.get("materials")
    if not isinstance(lists, list):
        return raw
    for entry in lists:
        if isinstance(entry, dict) and isinstance(entry.get("items"), list):
            entry["items"] = [_fill(item, documents) for item in entry["items"]]
    return raw


def _fill(item: object, documents: dict[str | None, Raw]) -> object:
    if not isinstance(item, dict):
        return item
    name = item.get("document", item.get("key"))
    base = documents.get(name)
    if base is None:
        return item  # an unknown `document` stays and is reported as an unknown key
    return {**base, **{key: value for key, value in item.items() if key != "document"}}
