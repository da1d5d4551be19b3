"""Fixtures: a migrated database with a small city in it, and clients for its people."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask

from gkportal import config, create_app
from gkportal.auth.models import User
from gkportal.core import clock, db, schema
from gkportal.orgs.models import Organization
from gkportal.roster.models import Worker
from gkportal.rounds.models import Round
from tests import world as worlds
from tests.client import CheckingClient, client_for


@pytest.fixture(scope="session")
def template_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder with the world in it, built once by migrating and copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    settings = config.Settings(instance_dir=folder)
    config.make_secret_key(settings)
    db.bind(settings.database_path)
    schema.migrate()
    with clock.freeze(worlds.NOW):
        worlds.build(PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(worlds.PASSWORD))
    db.database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.database.close()
    return folder


@pytest.fixture
def frozen() -> Iterator[None]:
    """The clock stands at world.NOW."""
    with clock.freeze(worlds.NOW):
        yield


@pytest.fixture
def app(template_instance: Path, tmp_path: Path, frozen: None) -> Iterator[Flask]:
    """The application on a fresh copy of the world."""
    folder = tmp_path / "instance"
    shutil.copytree(template_instance, folder)
    app = create_app(config.Settings(instance_dir=folder, secret_key="test-key-of-no-value-0123456789"))
    app.config["TESTING"] = False
    db.connect()
    yield app
    app.extensions["gk_services"]["inspector"].close()
    app.extensions["gk_services"]["renderer"].close()
    db.database.close()


@pytest.fixture
def world(app: Flask) -> worlds.World:
    """The people and organisations by name."""
    found = worlds.World(round=Round.get())
    for org in Organization.select():
        found.orgs[org.public_id.removeprefix("org-").replace("-", "_")] = org
    for user in User.select():
        found.users[user.username] = user
    for worker in Worker.select():
        found.workers[worker.public_id.removeprefix("worker-")] = worker
    return found


@pytest.fixture
def sign_in(app: Flask, world: worlds.World) -> Callable[[str], CheckingClient]:
    """`sign_in("clerk")` gives a checking client of that person."""
    return lambda name: client_for(app, world.users[name])


@pytest.fixture
def visitor(app: Flask) -> CheckingClient:
    """A client that nobody is signed in with."""
    return client_for(app)
