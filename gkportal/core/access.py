"""Every route declares who may call it; the application refuses to start when one does not.

    @blueprint.get("/cases")
    @access(roles(Role.CLERK))
    def cases(): ...

A rule answers for the *function* (may this kind of person use it at all). Which *rows* they reach is the
business of each package's `visible_to(actor)`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask

from gkportal.core.actor import Actor, Role

_ATTRIBUTE = "_access_rule"
F = TypeVar("F", bound=Callable)


@dataclass(frozen=True, slots=True)
class Rule:
    """A named condition on the actor (None when nobody is signed in)."""

    name: str
    allows: Callable[[Actor | None], bool]
    needs_sign_in: bool = True


PUBLIC = Rule("公开", lambda actor: True, needs_sign_in=False)
SIGNED_IN = Rule("已登录", lambda actor: actor is not None)


def roles(*wanted: Role) -> Rule:
    """Signed in with at least one of the roles."""
    names = "、".join(str(role) for role in wanted)
    return Rule(f"roles: {names}", lambda actor: actor is not None and actor.has(*wanted))


def access(rule: Rule) -> Callable[[F], F]:
    """Declare the access rule of a view function."""

    def mark(view: F) -> F:
        setattr(view, _ATTRIBUTE, rule)
        return view

    return mark


def rule_of(app: Flask, endpoint: str) -> Rule | None:
    """The rule of an endpoint; Flask's own static route is public."""
    if endpoint == "static":
        return PUBLIC
    return getattr(app.view_functions.get(endpoint), _ATTRIBUTE, None)


def require_rules(app: Flask) -> None:
    """Refuse to start when a route declares no rule. Raises RuntimeError naming them."""
    missing = sorted({r.endpoint for r in app.url_map.iter_rules() if rule_of(app, r.endpoint) is None})
    if missing:
        raise RuntimeError(f"routes without an access rule: {', '.join(missing)}")
