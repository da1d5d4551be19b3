"""Text for the command line: check packs, print the JSON schema, describe a pack."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gkportal.policy.library import available_packs, check_packs, load_pack
from gkportal.policy.material_lists import all_items
from gkportal.policy.pack import Pack
from gkportal.policy.schema import PackData


def check() -> tuple[bool, str]:
    """(all well, text) about every pack."""
    problems = check_packs()
    if problems:
        return False, "\n".join([f"政策包有 {len(problems)} 处问题：", *(f"  {item}" for item in problems)])
    return True, f"政策包 {len(available_packs())} 个，没有问题：{'、'.join(available_packs())}"


def schema() -> str:
    """The JSON schema of a whole pack, as indented text."""
    return json.dumps(PackData.model_json_schema(), ensure_ascii=False, indent=2)


def describe(pack_id: str) -> str:
    """A pack in words: head, windows, lists, and what the office still has to confirm."""
    pack = load_pack(pack_id)
    return "\n".join(_lines(pack))


def assumptions(pack: Pack) -> tuple[tuple[str, str], ...]:
    """(place, text) of everything in the pack that no source states."""
    return tuple(_assumed(pack.data.model_dump(), ""))


def _assumed(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if value.get("assumption"):
            yield place, str(value["assumption"])
        for key, item in value.items():
            yield from _assumed(item, f"{place}.{key}" if place else key)
    elif isinstance(value, list | tuple):
        for item in value:
            name = item.get("key", item.get("code", "")) if isinstance(item, dict) else ""
            yield from _assumed(item, f"{place}[{name}]")


def _lines(pack: Pack) -> Iterator[str]:
    yield f"{pack.id}  {pack.title}（{pack.year} 年，隶属关系：{pack.affiliation}）"
    yield f"工种 {len(pack.trades)} 个；开放：" + "，".join(
        f"{pack.grade_label(number)} {len(pack.open_trades(number))}" for number in (5, 4, 3, 2, 1)
    )
    for kind in pack.kinds:
        window = pack.window(kind.key)
        yield f"\n{kind.label}  截止 {window.submit_deadline:%Y-%m-%d %H:%M:%S}"
        for mode in kind.modes:
            definition = pack.material_definition(kind.key, mode.key)
            items = all_items(pack, definition) if definition else ()
            names = " ".join(f"{item.number}{item.short_name}" for item in items)
            yield f"  {pack.mode_label(mode.key)}：{names}"
    found = assumptions(pack)
    if found:
        yield f"\n须由工考办核定 {len(found)} 处："
        yield from (f"  {place}：{text}" for place, text in found)
