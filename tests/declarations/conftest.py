"""Shared steps of the declaration tests: adding people through the dialog, saving the form as the page does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import pytest

from gkportal.core import db
from gkportal.declarations.models import Application
from gkportal.roster.models import Worker
from gkportal.roster.operations import store_worker
from tests.client import CheckingClient
from tests.world import NOW, World, id_number


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

    def rows(
        self,
        section: str,
        do: str,
        data: dict[str, str] | None = None,
        *,
        htmx: bool = True,
        version: int | None = None,
    ):
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


@pytest.fixture
def count_queries():
    """`with count_queries() as seen:` collects the SQL statements of the block."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        seen: list[str] = []
        connection = db.database.connection()
        connection.set_trace_callback(lambda sql: seen.append(sql) if sql.startswith("SELECT") else None)
        try:
            yield seen
        finally:
            connection.set_trace_callback(None)

    return collect


@pytest.fixture
def colleagues(world: World):
    """`colleagues(29)` puts more people into the clerk's unit, all fit for 高级工 in 公路养护."""

    def make(count: int) -> list[Worker]:
        found = []
        with db.write_transaction():
            for serial in range(300, 300 + count):
                found.append(
                    store_worker(
                        unit=world.orgs["unit"],
                        name="郁" + "安宁平顺康泰和美"[serial % 8] + "甲乙丙丁戊己庚辛"[serial // 8 % 8],
                        id_number=id_number(serial, date(1982, 3, 4)),
                        education="31",
                        work_start="2002-07",
                        trade_code="公路养护",
                        trade_start="2002-07",
                        grade=4,
                        phone="10000000999",
                        hired_at="2002-07",
                        hired_grade=4,
                        public_id=f"worker-extra-{serial}",
                        now=NOW,
                        certificates=[
                            {
                                "trade_name": "公路养护",
                                "trade_code": "公路养护",
                                "grade": 4,
                                "number": f"YZ9{serial}",
                                "issued_on": "2015-08-31",
                                "issuer": "云州市工考办",
                            }
                        ],
                        careers=[{"started": "2002-07", "ended": "", "unit_and_post": "青溪区公路养护中心 养护工"}],
                        appraisals={year: "合格" for year in range(2019, 2024)},
                    )
                )
        return found

    return make
