"""What a run has at hand: databases of three sizes, servers of product and floor, and the folder they live in."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import servers
from bench.load import Call
from bench.servers import ROOT, Server

RESULTS = ROOT / "bench" / "results"
#: Built databases are kept here, one per size, code and schema; a run works on copies.
STOCK = RESULTS / "stock"
BUILD_LIMIT_S = 900
#: What makes a built database out of date: files and folders of code and data.
_PEOPLE = (
    "migrations",
    "bench/city.py",
    "bench/instance.py",
    "gkportal/roster/synthetic.py",
    "gkportal/roster/names.py",
)
#: Forms, prints and lists are judged anew by the running product, so any change there counts.
_CASES = (*_PEOPLE, "bench/cases.py", "gkportal/declarations", "gkportal/policy", "gkportal/review", "gkportal/roster")


class NotThere(Exception):
    """Something the measure needs is missing; the text says what."""


@dataclass
class Product:
    """A served copy of a product instance. `idle_mb`: resident memory after the first page."""

    server: Server
    folder: Path
    people: dict[str, dict[str, Any]]
    notes: dict[str, Any]
    idle_mb: float = 0.0

    def get(self, who: str, path: str, **headers: str) -> Call:
        """A signed-in GET."""
        return Call(path, headers=self._headers(who) | headers, expect=(200,))

    def post(self, who: str, path: str, body: bytes, expect: tuple[int, ...] = (200, 204, 303), **headers: str) -> Call:
        """A signed-in POST with the CSRF token; by default of form fields."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        csrf = {"X-CSRFToken": self.people[who]["csrf"]}
        return Call(path, "POST", self._headers(who) | csrf | kind | headers, body, expect)

    def _headers(self, who: str) -> dict[str, str]:
        return {"Cookie": self.people[who]["cookie"], "Accept-Language": "zh-CN"}


@dataclass
class Floor:
    """The served floor."""

    server: Server
    token: str

    def get(self, path: str) -> Call:
        """A signed-in GET."""
        return Call(path, headers={"Cookie": f"floor={self.token}"}, expect=(200,))

    def post(self, path: str, body: bytes, kind: str = "application/x-www-form-urlencoded") -> Call:
        """A signed-in POST."""
        return Call(path, "POST", {"Cookie": f"floor={self.token}", "Content-Type": kind}, body, (204,))


@dataclass
class Yard:
    """Starts what is asked for once, keeps it for the measures that follow, stops it at the end."""

    sizes: dict[str, int]
    say: Any
    quick: bool = False
    work: Path = field(default_factory=lambda: RESULTS / f"run-{time.strftime('%Y%m%d-%H%M%S')}")
    _products: dict[str, Product] = field(default_factory=dict)
    _floor: Floor | None = None

    def __enter__(self) -> Yard:
        self.work.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._products):
            self.release(name)
        if self._floor:
            self._floor.server.stop()
        self._keep_logs()
        shutil.rmtree(self.work, ignore_errors=True)

    def _keep_logs(self) -> None:
        """What the servers of the last run said."""
        logs = RESULTS / "logs"
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir(parents=True)
        for log in self.work.glob("*.log"):
            if log.stat().st_size:
                shutil.copy(log, logs)

    def rounds(self, full: int) -> int:
        """How often to repeat: `full`, or a third of it in a quick run."""
        return max(3, full // 3) if self.quick else full

    def people(self, size: str) -> str:
        """`100,000 people`."""
        return f"{self.sizes[size]:,} people"

    def stock(self, size: str) -> Path:
        """The built instance of a size (`small`, `middle`, `large`), building it when it is not there."""
        workers = self.sizes[size]
        kind, sources = ("cases", _CASES) if size == "middle" else ("people", _PEOPLE)
        folder = STOCK / f"{workers}-{kind}-{_fingerprint(sources)}"
        if (folder / "bench.json").exists():
            return folder
        for old in STOCK.glob(f"{workers}-{kind}-*"):
            shutil.rmtree(old)
        self.say(f"building a database of {workers:,} people …")
        started = time.perf_counter()
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        extra = ["cases"] if size == "middle" else []
        run_python(["-m", "bench.instance", str(part), str(workers), *extra], BUILD_LIMIT_S)
        part.rename(folder)
        self.say(f"  … built in {time.perf_counter() - started:.0f} s")
        return folder

    def instance(self, size: str, name: str) -> Path:
        """A fresh copy of the built instance, to be changed freely."""
        target = self.work / name
        if not target.exists():
            shutil.copytree(self.stock(size), target)
        return target

    def product(self, size: str) -> Product:
        """The product served over the database of a size."""
        if size not in self._products:
            self._products[size] = self.start_product(self.instance(size, f"product-{size}"))
        return self._products[size]

    def start_product(self, folder: Path) -> Product:
        """Serve the product over an instance folder and fetch one signed-in page."""
        opened = json.loads(run_python(["-m", "bench.instance", str(folder), "open"], 120))
        port = servers.free_port()
        cookie = {"Cookie": opened["people"]["clerk0"]["cookie"]}
        env = {
            "GKPORTAL_INSTANCE_DIR": str(folder), "GKPORTAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "GKPORTAL_LOG_LEVEL": "WARNING", "GKPORTAL_IDLE_MINUTES": "240",
        }  # fmt: skip
        server = servers.start(
            ["app.py", "serve", "--listen", f"127.0.0.1:{port}"], port, self.work / f"product-{port}.log",
            first_page="/roster", headers=cookie, env=env,
        )  # fmt: skip
        time.sleep(1)
        return Product(server, folder, opened["people"], opened["notes"], server.rss_mb())

    def release(self, size: str) -> None:
        """Stop the product of a size and drop its copy, so that the next measure starts it anew."""
        product = self._products.pop(size, None)
        if product:
            product.server.stop()
            shutil.rmtree(product.folder, ignore_errors=True)

    def floor(self) -> Floor:
        """The floor served over the same people as the middle product."""
        if self._floor is None:
            self._floor = self.start_floor()
        return self._floor

    def start_floor(self) -> Floor:
        """Serve the floor (its database is built once per run)."""
        database, token = self.work / "floor.db", secrets.token_urlsafe(32)
        token_file = self.work / "floor.token"
        if database.exists():
            token = token_file.read_text()
        else:
            from bench.floor import data

            source = self.stock("middle") / "gkportal.db"
            data.build(database, source, unit_id=data.first_unit(source), token=token)
            token_file.write_text(token)
        uploads = self.work / "floor-uploads"
        uploads.mkdir(exist_ok=True)
        port = servers.free_port()
        server = servers.start(
            ["-m", "bench.floor", str(database), str(uploads), str(port)], port, self.work / f"floor-{port}.log",
            first_page="/unit", headers={"Cookie": f"floor={token}"},
        )  # fmt: skip
        return Floor(server, token)


def _fingerprint(sources: tuple[str, ...]) -> str:
    """Changes whenever one of the sources of a built database does."""
    digest = hashlib.sha256()
    for name in sources:
        path = ROOT / name
        files = sorted(file for file in path.rglob("*") if file.suffix in (".py", ".toml")) if path.is_dir() else [path]
        for file in files:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def run_python(arguments: list[str], limit_s: float) -> str:
    """Run Python with `arguments`; returns what it printed. Raises NotThere with the end of its complaint."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=limit_s, check=False
    )
    if done.returncode:
        raise NotThere(done.stderr.strip()[-600:])
    return done.stdout
