"""The access matrix as data, what it means for a person and a thing, and its mirror in docs/access-matrix.md.

`python -m tests.access.matrix` writes the document anew.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from tests.access.scene import Thing

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "access-matrix.md"
#: Columns of the document: key of the matrix, heading.
COLUMNS = (
    ("public", "visitor"), ("signed_in", "any account"), ("clerk", "经办人"), ("unit_admin", "单位管理员"),
    ("office_admin", "单位管理员 of a 工考办"), ("reviewer", "审核员"), ("round_admin", "批次管理员"),
    ("system_admin", "系统管理员"), ("security_admin", "安全管理员"), ("audit_admin", "审计管理员"),
)  # fmt: skip
ROLES = tuple(key for key, _ in COLUMNS[2:])
#: Service items of the hall → roles they are for (S000-11, S000-12).
_BUSINESS = {"clerk", "unit_admin", "reviewer", "round_admin"}
ITEMS = {
    "roster": _BUSINESS, "level": {"clerk"}, "technician": {"clerk"}, "senior_technician": {"clerk"}, "review": {"reviewer"},
    "cases": _BUSINESS, "schedule": _BUSINESS, "notices": _BUSINESS, "unit": _BUSINESS, "people": {"unit_admin"},
    "account": set(ROLES), "nonsense": set(),
}  # fmt: skip
#: Roles that a 单位管理员 may manage, by kind of organisation; accounts with more are the security administrator's.
_ORDINARY = {
    "unit": {"clerk", "unit_admin"},
    "department": {"reviewer", "clerk", "unit_admin"},
    "office": {"reviewer", "unit_admin"},
}


@dataclass(frozen=True)
class Row:
    """One route's line of the matrix."""

    endpoint: str
    object: str
    statuses: dict[str, tuple[int, ...]]
    cells: dict[str, str]


@dataclass(frozen=True)
class Person:
    """Somebody as the matrix sees her: keys of the columns that fit, and the place in the tree."""

    name: str
    keys: frozenset[str]
    org: str
    org_kind: str
    path: str

    @property
    def signed_in(self) -> bool:
        """Not a visitor."""
        return "signed_in" in self.keys


def rows() -> dict[str, Row]:
    """The matrix by endpoint. Raises ValueError for words it does not know."""
    data = tomllib.loads((HERE / "matrix.toml").read_text())
    known = {key for key, _ in COLUMNS}
    found = {}
    for endpoint, entry in data.items():
        cells = {key: value for key, value in entry.items() if key not in ("object", "get", "post")}
        if set(cells) - known:
            raise ValueError(f"{endpoint}: {set(cells) - known}")
        statuses = {method.upper(): tuple(entry[method]) for method in ("get", "post") if method in entry}
        found[endpoint] = Row(endpoint, entry.get("object", ""), statuses, cells)
    return found


class Place:
    """The tree and the accounts, as needed to say what a reach means."""

    def __init__(self, paths: dict[str, str], kinds: dict[str, str], roles: dict[str, set[str]]) -> None:
        self.paths, self.kinds, self.roles = paths, kinds, roles

    def within(self, reach: str, person: Person, thing: Thing | None) -> bool:
        """Whether `thing` lies within `reach` of `person`."""
        if thing is None or thing.kind == "kind":
            return reach == "yes"
        return bool(getattr(self, "_" + reach.replace(" ", "_"))(person, thing))

    def _path(self, thing: Thing) -> str:
        return self.paths[thing.org]

    def _own(self, person: Person, thing: Thing) -> bool:
        return thing.org == person.org

    def _below(self, person: Person, thing: Thing) -> bool:
        return self._path(thing).startswith(person.path)

    def _under(self, person: Person, thing: Thing) -> bool:
        return self._below(person, thing) and not self._own(person, thing)

    def _sent(self, person: Person, thing: Thing) -> bool:
        return thing.sent and self._under(person, thing)

    def _above(self, person: Person, thing: Thing) -> bool:
        return person.path.startswith(self._path(thing))

    def _round(self, person: Person, thing: Thing) -> bool:
        return self._above(person, thing) or self._below(person, thing)

    def _below_this_round(self, person: Person, thing: Thing) -> bool:
        return self._below(person, thing) and person.org == "city"

    def _mine(self, person: Person, thing: Thing) -> bool:
        return thing.org == person.name

    def _offered(self, person: Person, thing: Thing) -> bool:
        return not ITEMS[thing.id].isdisjoint(person.keys)

    def _others_below(self, person: Person, thing: Thing) -> bool:
        return self._below(person, thing) and thing.extra["user"] != person.name

    def _accounts_seen(self, person: Person, thing: Thing) -> bool:
        wide = person.keys & {"security_admin", "office_admin"}
        return self._below(person, thing) if wide else self._own(person, thing)

    def _accounts(self, person: Person, thing: Thing) -> bool:
        if not self._accounts_seen(person, thing) or thing.extra["user"] == person.name:
            return False
        held = self.roles[thing.extra["user"]]
        return "security_admin" in person.keys or held <= _ORDINARY[self.kinds[thing.org]]


#: What a call may come to.
SIGN_IN, FORBIDDEN, REASON, MISSING, DONE = "sign in", "forbidden", "refused with a reason", "not found", "done"


def expected(row: Row, person: Person, thing: Thing | None, place: Place) -> str:
    """What the matrix says about this call."""
    if not person.signed_in:
        return DONE if "public" in row.cells else SIGN_IN
    reaches = [row.cells[key] for key in row.cells if key in person.keys and key != "public"]
    if not reaches:
        return FORBIDDEN
    act, see = [], []
    for reach in reaches:
        acting, _, seeing = reach.partition("; see ")
        act.append(acting)
        see += [seeing] if seeing else []
        see += ["accounts_seen"] if acting == "accounts" else []
    if any(place.within(reach, person, thing) for reach in act if reach != "nothing"):
        return DONE
    known = "nothing" in act or any(place.within(reach, person, thing) for reach in see)
    return REASON if known else MISSING


def document(app: Flask) -> str:
    """docs/access-matrix.md."""
    matrix = rows()
    lines = [
        "# Access matrix",
        "",
        "Made from `tests/access/matrix.toml` by `python -m tests.access.matrix`; `tests/access/test_matrix.py` calls every",
        "route as everybody with objects of four units and compares. An empty cell means 403. The words are explained at",
        "the head of the TOML file. Nobody signed in: pages go to the login page (303), htmx requests get 401.",
        "",
        f"| route | method | address | {' | '.join(title for _, title in COLUMNS)} |",
        "| --- | --- | --- |" + " --- |" * len(COLUMNS),
    ]
    for rule in sorted(
        app.url_map.iter_rules(), key=lambda rule: (rule.endpoint.partition(".")[0], rule.rule, rule.endpoint)
    ):
        row = matrix[rule.endpoint]
        methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        cells = " | ".join(row.cells.get(key, "") for key, _ in COLUMNS)
        lines.append(f"| `{rule.endpoint}` | {methods} | `{rule.rule}` | {cells} |")
    return "\n".join(lines) + "\n"


def _main() -> None:
    import tempfile

    from gkportal import config, create_app
    from gkportal.core import db, schema

    with tempfile.TemporaryDirectory() as folder:
        settings = config.Settings(instance_dir=Path(folder), secret_key="only-to-list-the-routes-000000000")
        db.bind(settings.database_path)
        schema.migrate()
        DOCUMENT.write_text(document(create_app(settings)))


if __name__ == "__main__":
    _main()
