"""The trade catalogue behind roster labels: that of the newest round, else of any installed pack."""

from __future__ import annotations

from gkportal.core.db import database
from gkportal.policy import Pack, available_packs, load_pack


def catalogue() -> Pack | None:
    """The pack whose trades and grades label the roster; None only when no pack is installed. One query."""
    # A fixed text: peewee takes longer to write this than SQLite to answer it, and every roster page asks.
    newest = database.execute_sql('SELECT pack_id FROM "round" ORDER BY year DESC, id DESC LIMIT 1').fetchone()
    pack_id = newest[0] if newest else None
    known = available_packs()
    if pack_id in known:
        return load_pack(pack_id)
    return load_pack(known[0]) if known else None


def resolve_trade(text: str, pack: Pack | None) -> str:
    """The code of a trade given by code, name or old name; the text itself when the catalogue lacks it."""
    code = pack.resolve_trade(text) if pack is not None and text else None
    return code or text
