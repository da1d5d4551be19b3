"""Own static files, icons, pins and the lock file keep their promises."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.frame.sample import ROOT

STATIC = ROOT / "static"
OWN_SCRIPTS = sorted((STATIC / "js").glob("*.js"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
sys.path.insert(0, str(ROOT / "scripts"))


@pytest.mark.parametrize("script", OWN_SCRIPTS, ids=lambda path: path.name)
def test_scripts_use_nothing_that_the_policy_or_old_browsers_refuse(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    for word in (
        "eval(",
        "new Function",
        "innerHTML =",
        "insertAdjacentHTML",
        "document.write",
        "localStorage",
        "sessionStorage",
        "?.",
        "??",
        "replaceAll(",
        ".at(",
    ):
        assert word not in text, f"{word} in {script.name}"
    assert len(text.splitlines()) <= 250


def test_styles_stay_readable_for_chromium_90() -> None:
    for sheet in [STATIC / "portal.css", *STATIC.glob("css/*.css")]:
        text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
        for word in (
            ":has(",
            "color-mix(",
            "@container",
            "@layer",
            " dvh",
            "inset-inline",
            "text-wrap",
            "@import",
            "http:",
            "https:",
        ):
            assert word not in text, f"{word} in {sheet.name}"
        assert text.count("{") == text.count("}"), sheet.name


def test_every_icon_in_use_is_in_the_sprite() -> None:
    from install_frontend import icon_names

    known = set(icon_names())
    used: dict[str, str] = {}
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        found = re.findall(r"icons \}\}#([a-z0-9-]+)\"", text) + re.findall(
            r"icon\(\s*[\"']([a-z0-9-]+)[\"']\s*[,)]", text
        )
        used |= dict.fromkeys(found, path.name)
    for path in OWN_SCRIPTS:
        used |= dict.fromkeys(re.findall(r"gk\.icon\(\"([a-z0-9-]+)\"\)", path.read_text(encoding="utf-8")), path.name)
    assert {name: where for name, where in used.items() if name not in known} == {}


def test_icons_of_the_menu_and_of_the_service_items_are_in_the_sprite() -> None:
    from install_frontend import icon_names

    from gkportal.hall import items, navigation

    known = set(icon_names())
    assert {entry[4] for entry in navigation._ENTRIES} <= known
    assert {item.icon for item in items.ITEMS} <= known


def test_sprite_holds_exactly_the_listed_icons() -> None:
    from install_frontend import icon_names

    sprite = (STATIC / "vendor" / "icons.svg").read_text(encoding="utf-8")
    assert re.findall(r'<symbol id="([^"]+)"', sprite) == icon_names()
    assert len(sprite) < 70_000


def test_front_end_installation_is_idempotent() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "install_frontend.py")]
    subprocess.run(command, capture_output=True, check=True)
    before = (STATIC / "vendor" / "icons.svg").stat().st_mtime_ns
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert again.stdout == "" and (STATIC / "vendor" / "icons.svg").stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"])
def test_pins_are_exact_hashed_and_name_no_host(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9._-]+)==(\S+)(.*?)(?=^\S|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert pins
    assert all("--hash=sha256:" in rest for _, _, rest in pins)
    assert "://" not in text and "--index-url" not in text and "--find-links" not in text


def test_runtime_pins_reach_the_versions_that_fix_known_holes() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([a-z0-9._-]+)==([0-9.]+)", text, flags=re.MULTILINE))
    version = {name: tuple(map(int, number.split("."))) for name, number in pins.items()}
    assert version["werkzeug"] >= (3, 0, 6)
    assert version["flask"] >= (3, 1, 1)
    assert version["waitress"] >= (3, 0, 1)
    assert version["xhtml2pdf"] >= (0, 2, 28)
    assert version["pysqlite3"] >= (0, 6, 1)


def test_lock_file_has_integrity_and_no_download_addresses() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages["node_modules/htmx.org"]["version"] == "2.0.11"
    assert all(entry["integrity"].startswith("sha512-") and "resolved" not in entry for entry in packages.values())


def test_no_third_party_file_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    assert not [name for name in listed if name.startswith(("static/vendor/", "fonts/", "node_modules/", "instance/"))]
