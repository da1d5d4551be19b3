"""The trade catalogue behind roster labels: that of the newest round, else of any installed pack."""

from __future__ import annotations

from gkportal.policy import Pack, available_packs, load_pack
from gkportal.rounds.models import Round


def catalogue() -> Pack | None:
    """The pack whose trades and grades label the roster; None only when no pack is installed. One query."""
    pack_id = Round.select(Round.pack_id).order_by(Round.year.desc(), Round.id.desc()).limit(1).scalar()
    known = available_packs()
    if pack_id in known:
        return load_pack(pack_id)
    return load_pack(known[0]) if known else None


def resolve_trade(text: str, pack: Pack | None) -> str:
    """The code of a trade given by code, name or old name; the text itself when the catalogue lacks it."""
    code = pack.resolve_trade(text) if pack is not None and text else None
    return code or text
