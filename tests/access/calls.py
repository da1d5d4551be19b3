"""How a matrix cell becomes a request: the things to try, the address, the posted form."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

from gkportal.auth.models import RoleGrant, UserSession
from gkportal.declarations.models import Application
from gkportal.orgs.models import Organization
from gkportal.review.models import ReviewTask
from gkportal.rounds.models import Round
from tests.access import matrix
from tests.access.conftest import Arena
from tests.access.matrix import Person, Row
from tests.access.scene import Thing, sheet

UNITS = ("unit", "sibling", "foreign", "city_unit")
_NOTHING = Thing("", "", "")


def things_for(row: Row, arena: Arena) -> list[Thing | None]:
    """What to try a route on: of every unit something submitted and something that is not."""
    kind, scene = row.object, arena.scene
    if not kind:
        return [None]
    if kind == "kind":
        return [Thing(key, "", "kind") for key in ("level", "technician", "senior_technician")]
    if kind == "item":
        return [Thing(key, "", "item") for key in matrix.ITEMS]
    if kind == "session":
        return [_second_session(arena, name) for name in ("clerk", "foreign_clerk", "security_admin")]
    if kind in ("application", "case"):
        return [scene.of(kind, unit, sent=sent) for unit in UNITS for sent in (True, False)]
    if kind == "material":
        return [_material(arena, unit, index, current, slot) for unit in UNITS for index, current, slot in _FILES]
    if kind == "worker":
        return [scene.of(kind, unit) for unit in UNITS]
    if kind == "task":
        return [
            t
            for t in scene.things[kind]
            if t.extra["index"] == 0 or (t.extra["index"] == 2 and t.extra["unit"] in ("unit", "foreign"))
        ]
    return list(scene.things[kind])


#: (which application, current version, in a slot): a submitted file; of the same person the tray's and a replaced one,
#: which nobody above ever gets; a draft's file and its tray.
_FILES = ((0, True, True), (0, True, False), (0, False, True), (3, True, True), (3, True, False))


def _material(arena: Arena, unit: str, index: int, current: bool, slot: bool) -> Thing:
    wanted = {"index": index, "current": current, "photo": False}
    rows = [t for t in arena.scene.things["material"] if t.org == unit and wanted.items() <= t.extra.items()]
    return next(t for t in rows if bool(t.extra["slot"]) == slot)


def _second_session(arena: Arena, name: str) -> Thing:
    user = arena.world.users[name]
    row = UserSession.get_or_none((UserSession.user == user) & (UserSession.token_hash == f"second-{name}"))
    if row is None:
        row = UserSession.create(
            token_hash=f"second-{name}", user=user, organization=user.organization_id, created_at=user.created_at,
            seen_at=user.created_at,
        )  # fmt: skip
    return Thing(row.public_id, name, "session")


def arguments(rule: Rule, thing: Thing | None, arena: Arena) -> dict[str, Any]:
    """Values for the variable parts of an address."""
    found: dict[str, Any] = {}
    for name in rule.arguments:
        if name in ("public_id", "material_id", "item_key") or (
            name == "kind" and thing is not None and thing.kind == "kind"
        ):
            found[name] = (thing or _NOTHING).id
        elif name == "kind":
            found[name] = "level"
        elif name == "slot_key":
            found[name] = slot_of(arena, thing)
        else:
            found[name] = {"section": "career", "page": 1, "filename": "portal.css"}[name]
    return found


def slot_of(arena: Arena, thing: Thing | None) -> str:
    """A slot of this application that holds a PDF."""
    rows = arena.scene.things["material"]
    return next(
        (
            t.extra["slot"]
            for t in rows
            if thing
            and t.org == thing.org
            and t.extra["index"] == thing.extra["index"]
            and t.extra["slot"]
            and not t.extra["photo"]
        ),
        "id_card",
    )


def address(arena: Arena, rule: Rule, thing: Thing | None) -> str:
    """The path of a rule for a thing."""
    adapter = arena.app.url_map.bind("localhost")
    return adapter.build(rule.endpoint, arguments(rule, thing, arena), method=next(iter(rule.methods)))


def body(arena: Arena, endpoint: str, person: Person, thing: Thing | None) -> dict[str, Any]:
    """A posted form that would do something if it were allowed."""
    make = _BODIES.get(endpoint)
    return make(arena, person, thing or _NOTHING) if make else {}


def _application(thing: Thing) -> Application:
    return Application.get(Application.public_id == thing.id)


def _window(arena: Arena, person: Person, thing: Thing) -> dict[str, Any]:
    round_ = Round.get_or_none(Round.public_id == thing.id)
    return {
        "version": str(round_.version if round_ else 1), "opens_at": "2024-03-01T00:00", "closes_at": "2024-04-20T23:59",
        "correct_until": "2024-04-30T23:59",
    }  # fmt: skip


def _task(arena: Arena, person: Person, thing: Thing) -> dict[str, Any]:
    task = ReviewTask.get_or_none(ReviewTask.public_id == thing.id)
    return {
        "decision": "pass", "opinion": "同意。", "version": str(task.version if task else 1), "item": "section:person",
        "verdict": "ok", "remark": "",
    }  # fmt: skip


def _tasks(arena: Arena, person: Person, thing: Thing) -> dict[str, Any]:
    """The ids of every task there is: only the own organisation's may count."""
    ids = [task.id for task in arena.scene.things["task"]]
    return {"ids": ",".join(ids), "decision": "pass", "tasks": [f"{key}:1" for key in ids], "opinion": "同意。"}


def _organization(arena: Arena, person: Person, thing: Thing) -> dict[str, Any]:
    org = Organization.get_or_none(Organization.public_id == thing.id)
    if org is None:
        return {}
    parent = org.parent.public_id if org.parent else ""
    return {
        "name": org.name, "short_name": org.short_name, "kind": org.kind, "level": org.level, "uscc": org.uscc, "parent": parent,
        "region_name": org.region_name, "phone": "0000-1111", "version": str(org.version),
    }  # fmt: skip


def _account(arena: Arena, person: Person, thing: Thing) -> dict[str, Any]:
    user = arena.world.users[thing.extra["user"]]
    roles = [grant.role for grant in RoleGrant.select().where(RoleGrant.user == user)]
    return {"display_name": user.display_name, "phone": "10000000088", "roles": roles, "version": str(user.version)}


def _ticked(arena: Arena, person: Person, thing: Thing) -> dict[str, Any]:
    """Every application there is is ticked: those of other cases must be passed over."""
    return {"ids": ",".join(one.id for one in arena.scene.things["application"])}


def _upload(arena: Arena, person: Person, thing: Thing) -> dict[str, Any]:
    return {"file": (io.BytesIO(sheet("from the matrix")), "2身份证.pdf")}


_BODIES: dict[str, Callable[[Arena, Person, Thing], dict[str, Any]]] = {
    "auth.edit_own": lambda arena, person, thing: {"display_name": "改名", "phone": "10000000077", "version": "1"},
    "auth.switch_organization": lambda arena, person, thing: {"organization": f"org-{person.org.replace('_', '-')}"},
    "auth.new_account": lambda arena, person, thing: {
        "organization": f"org-{person.org.replace('_', '-')}", "username": "new.person", "display_name": "新人",
        "phone": "10000000066", "roles": ["unit_admin"],
    },
    "auth.edit_account": _account,
    "auth.reset_password": _account,
    "auth.set_active": _account,
    "auth.grant_role": lambda arena, person, thing: {"organization": "org-district", "role": "unit_admin"},
    "auth.revoke_role": lambda arena, person, thing: {
        "grant": next((g.public_id for g in RoleGrant.select().where(RoleGrant.user == arena.world.users[thing.extra["user"]])), "")
    },
    "auth.audit_person": lambda arena, person, thing: {"text": "穆"},
    "orgs.edit_profile": lambda arena, person, thing: {"phone": "0000-2222", "version": "1"},
    "orgs.edit": _organization,
    "orgs.set_active": _organization,
    "rounds.new": lambda arena, person, thing: {"year": "2025", "title": "2025 年度考评", "pack_id": "changzhou/2024"},
    "rounds.edit_window": _window,
    "rounds.new_notice": lambda arena, person, thing: {"title": "补充通知", "body": "请核对名册。"},
    "roster.find": lambda arena, person, thing: {"status": "all", "sex": "1"},
    "declarations.remove_ticked": _ticked,
    "declarations.print_batch": _ticked,
    "declarations.check_case": _ticked,
    "declarations.submit": _ticked,
    "declarations.confirm_submission": lambda arena, person, thing: _ticked(arena, person, thing) | {
        "pledge": "agree", "contact_name": "经办人", "contact_phone": "0000-1234567"
    },
    "declarations.save": lambda arena, person, thing: {"appraisal_text": "改过的鉴定。", "version": "0"},
    "declarations.save_rows": lambda arena, person, thing: {"do": "add:career"},
    "declarations.upload_material": _upload,
    "declarations.drop_materials": _upload,
    "declarations.assign_material": lambda arena, person, thing: {"slot_key": "education"},
    "declarations.exchange_material": lambda arena, person, thing: {"slot_key": "education"},
    "declarations.extend_case": lambda arena, person, thing: {"until": "2024-05-20T17:00", "reason": "停电两天未能提交。"},
    "declarations.extensions": lambda arena, person, thing: {"number": next(
        t.extra["number"] for t in arena.scene.things["case"] if t.org == ("foreign" if person.org == "other_district" else "unit")
    )},
    "review.save_item": _task,
    "review.decide": _task,
    "review.bulk_form": _tasks,
    "review.bulk_decide": _tasks,
    "review.filter_inbox": lambda arena, person, thing: {"name": "一鸣"},
    "review.add_phrase": lambda arena, person, thing: {"decision": "pass", "text": "材料齐全。"},
}  # fmt: skip
