"""Verbs of the hall."""

from __future__ import annotations

from gkportal.core.actor import Actor
from gkportal.core.db import write_transaction
from gkportal.hall.models import Favourite


def toggle_favourite(*, actor: Actor, item_key: str) -> bool:
    """Star or unstar an item; returns whether it is starred now. A personal mark, so no audit event."""
    with write_transaction():
        gone = Favourite.delete().where((Favourite.user == actor.user_id) & (Favourite.item_key == item_key)).execute()
        if not gone:
            Favourite.create(user=actor.user_id, item_key=item_key)
    return not gone
