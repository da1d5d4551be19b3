"""Shared steps of the declaration tests: adding people through the dialog, saving the form as the page does."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from gkportal.core import db
from gkportal.declarations.models import Application
from tests.client import CheckingClient
from tests.world import World


@pytest.fixture
def clerk(sign_in: Callable[[str], CheckingClient]) -> CheckingClient:
    """穆知秋, clerk of 青溪区公路养护中心."""
    return sign_in("clerk")


def add(client: CheckingClient, *keys: str, kind: str = "level", **choices: str):
    """Tick people in the dialog and press 确定; `choices` such as `mode_bai="exception"`."""
    data = {"do": "add", "pick": [f"worker-{key}" for key in keys], "why": []}
    for name, value in choices.items():
        field, _, key = name.partition("_")
        data[f"{field}.worker-{key}"] = value
        if field == "reason":
            data["why"].append(f"worker-{key}")
    return client.post(f"/declarations/{kind}/picker", data=data)


def application_of(world: World, key: str) -> Application:
    """The application of a worker, read fresh."""
    db.connect()
    return Application.get(Application.worker == world.workers[key].id)


@dataclass
class Person:
    """One applicant with the steps a clerk takes on the form."""

    client: CheckingClient
    world: World
    key: str

    @property
    def row(self) -> Application:
        return application_of(self.world, self.key)

    @property
    def url(self) -> str:
        return f"/applications/{self.row.public_id}"

    def page(self, query: str = "") -> str:
        response = self.client.get(self.url + query)
        assert response.status_code == 200, response.status_code
        return response.get_data(as_text=True)

    def save(self, do: str = "save", *, version: int | None = None, **values: str):
        """Post fields of the form; dots in names are written as two underscores."""
        data = {name.replace("__", "."): value for name, value in values.items()}
        data |= {"do": do, "version": str(self.row.form_version if version is None else version)}
        return self.client.post(self.url + "/form", data=data)

    def autosave(self, **values: str):
        data = {name.replace("__", "."): value for name, value in values.items()}
        data["version"] = str(self.row.form_version)
        return self.client.post(self.url + "/form", data=data, headers={"X-Autosave": "1"})

    def rows(self, section: str, do: str, data: dict[str, str] | None = None, *, htmx: bool = True, version: int | None = None):
        """Press a button of a rows section."""
        sent = {"do": do, "version": str(self.row.form_version if version is None else version), **(data or {})}
        return self.client.post(f"{self.url}/rows/{section}", data=sent, htmx=htmx)

    def row_id(self, section: str, index: int = 0) -> str:
        return self.row.form[section][index]["id"]


@pytest.fixture
def sang(clerk: CheckingClient, world: World) -> Person:
    """桑春生, added for 高级工 in the normal mode."""
    assert add(clerk, "sang").status_code == 303
    return Person(clerk, world, "sang")


@pytest.fixture
def lu(clerk: CheckingClient, world: World) -> Person:
    """路𬀩, added for 初级工; the name has a rare character."""
    assert add(clerk, "lu").status_code == 303
    return Person(clerk, world, "lu")


def text_of(html: str) -> str:
    """The page as text, blanks folded."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
