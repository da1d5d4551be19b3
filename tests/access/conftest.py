"""Fixtures: the scene built once, and for each module an application on a copy of it where nothing stays changed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gkportal import config, create_app
from gkportal.auth.models import RoleGrant, User
from gkportal.core import clock, db
from gkportal.orgs.models import Organization
from gkportal.roster.models import Worker
from gkportal.rounds.models import Round
from tests import world as worlds
from tests.access import scene as scenes
from tests.access.matrix import Person, Place
from tests.access.scene import Scene
from tests.client import CheckingClient, client_for
from tests.world import PASSWORD

KEY = "test-key-of-no-value-0123456789"
VISITOR = "visitor"


def csrf_token(page: TestResponse) -> str:
    """The token of a page."""
    return re.search(r'name="csrf-token" content="([^"]+)"', page.get_data(as_text=True))[1]


def log_in(client: CheckingClient, base: str, *, next_page: str = "", username: str = "clerk") -> TestResponse:
    """Post the login form as a browser does; the answer."""
    address = "/login" + (f"?next={quote(next_page, safe='')}" if next_page else "")
    token = csrf_token(client.get(address, base_url=base))
    client.csrf_header = None
    form = {"username": username, "password": PASSWORD, "csrf_token": token}
    headers = {"Referer": f"{base}/login"}
    return client.post(address, data=form, base_url=base, headers=headers)


@dataclass
class Arena:
    """The application on a copy of the scene, and a client for everybody."""

    app: Flask
    world: worlds.World
    scene: Scene
    signed_in: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def people(self) -> list[str]:
        """The visitor and everybody with an account."""
        return [VISITOR, *self.world.users]

    def sign_everybody_in(self) -> None:
        """One session for each person, outside of anything that is rolled back."""
        for name, user in self.world.users.items():
            client = client_for(self.app, user)
            self.signed_in[name] = (client.get_cookie("gk_session").value, client.csrf_header)

    def client(self, name: str) -> CheckingClient:
        """A fresh client of this person's session that does not parse pages (the tests of the packages do)."""
        client = client_for(self.app)
        client.check_pages = False
        if name in self.signed_in:
            token, client.csrf_header = self.signed_in[name]
            client.set_cookie("gk_session", token)
        return client

    @property
    def changes(self) -> int:
        """How many rows this connection has ever written, rolled back or not."""
        return db.database.connection().total_changes

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever the requests inside write to the database is rolled back."""
        with db.database.transaction() as transaction:
            try:
                yield
            finally:
                transaction.rollback()


def world_of() -> worlds.World:
    """The people and organisations of the bound database by name."""
    found = worlds.World(round=Round.get(Round.public_id == "round-2024"))
    for org in Organization.select():
        found.orgs[org.public_id.removeprefix("org-").replace("-", "_")] = org
    for user in User.select().order_by(User.id):
        found.users[user.username] = user
    for worker in Worker.select().where(Worker.public_id.startswith("worker-")):
        found.workers[worker.public_id.removeprefix("worker-")] = worker
    return found


def _close(app: Flask) -> None:
    app.extensions["gk_services"]["inspector"].close()
    app.extensions["gk_services"]["renderer"].close()
    db.database.close()


@pytest.fixture(scope="session")
def scene_instance(template_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder with the scene in it, and `scene.json`."""
    folder = tmp_path_factory.mktemp("scene") / "instance"
    shutil.copytree(template_instance, folder)
    with clock.freeze(worlds.NOW):
        app = create_app(config.Settings(instance_dir=folder, secret_key=KEY))
        db.connect()
        scenes.build(app, world_of()).save(folder / "scene.json")
        db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        _close(app)
    return folder


@contextmanager
def arena_on(instance: Path, folder: Path, **settings: object) -> Iterator[Arena]:
    """An arena on a copy of the scene in `folder`; everybody is signed in before anything is tried."""
    shutil.copytree(instance, folder)
    with clock.freeze(worlds.NOW):
        app = create_app(config.Settings(instance_dir=folder, secret_key=KEY, **settings))
        app.config["TESTING"] = False
        db.connect()
        arena = Arena(app, world_of(), Scene.load(folder / "scene.json"))
        arena.sign_everybody_in()
        yield arena
        _close(app)


@pytest.fixture(scope="module")
def arena(scene_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """One arena for a test module."""
    with arena_on(scene_instance, tmp_path_factory.mktemp("arena") / "instance") as made:
        yield made


@pytest.fixture(scope="module")
def place(arena: Arena) -> Place:
    """The tree and the accounts."""
    roles: dict[str, set[str]] = {name: set() for name in arena.world.users}
    for grant in RoleGrant.select():
        roles[grant.user.username].add(str(grant.role))
    orgs = arena.world.orgs
    return Place({key: org.path for key, org in orgs.items()}, {key: org.kind for key, org in orgs.items()}, roles)


@pytest.fixture(scope="module")
def persons(arena: Arena, place: Place) -> list[Person]:
    """Everybody, the visitor first."""
    found = [Person(VISITOR, frozenset({"public"}), "", "", "-")]
    names = {org.id: key for key, org in arena.world.orgs.items()}
    for name, user in arena.world.users.items():
        org = names[user.organization_id]
        keys = place.roles[name] | {"signed_in"}
        if "unit_admin" in keys and place.kinds[org] == "office":
            keys |= {"office_admin"}
        found.append(Person(name, frozenset(keys), org, place.kinds[org], place.paths[org]))
    return found
