"""The dependency direction of docs/architecture.md, and the size budgets, hold for every module."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "gkportal"

#: Lower layers first; packages of one tuple are independent of each other.
LAYERS = (
    ("core",),
    ("audit", "storage", "jobs", "sheets", "documents", "policy"),
    ("orgs",),
    ("auth",),
    ("rounds",),
    ("roster",),
    ("review",),
    ("declarations",),
    ("hall",),
    ("cli",),
)
#: Modules of gkportal itself and the packages that may import them (config: settings only; models: wiring).
TOP_MODULES = {"__init__": {"cli"}, "config": {"auth", "cli"}, "models": set()}
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """First names below gkportal that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "gkportal" else [node.module]
            )
        found |= {name.split(".")[1] for name in names if name.startswith("gkportal.")}
    return found


def test_every_package_has_a_layer() -> None:
    packages = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert packages == set(LEVEL), "a new package needs a place in LAYERS and in docs/architecture.md"


def test_imports_go_downward_only() -> None:
    wrong = []
    for path in modules():
        parts = path.relative_to(PACKAGE).parts
        if len(parts) == 1:
            continue
        mine = parts[0]
        for name in imported(path) - {mine}:
            if name in LEVEL and LEVEL[name] < LEVEL[mine]:
                continue
            if mine in TOP_MODULES.get(name, {"cli"} if name not in LEVEL else set()):
                continue
            wrong.append(f"{path.relative_to(ROOT)} imports gkportal.{name}")
    assert wrong == []


def test_policy_knows_no_database_and_no_request() -> None:
    for path in (PACKAGE / "policy").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "import peewee" not in text and "from peewee" not in text and "flask" not in text, path.name


def test_modules_and_functions_keep_their_budget() -> None:
    too_long = []
    for path in modules():
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > 400:
            too_long.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > 45:
                too_long.append(
                    f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} lines"
                )
    assert too_long == []


def test_public_functions_say_what_they_mean() -> None:
    silent = []
    for path in modules():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert silent == []


def test_routes_fetch_nothing_by_bare_id() -> None:
    """Rows come from `visible_to(actor)`; `get_by_id` in a route would skip that (security.md §3, IDOR)."""
    for path in PACKAGE.rglob("routes*.py"):
        found = re.findall(r"get_by_id\((?!actor\.)", path.read_text(encoding="utf-8"))
        assert found == [], path


def test_no_region_is_named_in_code() -> None:
    """A region is a policy pack, never code."""
    names = ("常州", "江苏", "重庆", "连云港", "扬州", "江都", "changzhou", "jiangsu", "chongqing", "lianyungang")
    allowed = {PACKAGE / "policy" / "packs"}
    wrong = []
    for path in modules():
        if any(folder in path.parents for folder in allowed) or path.parts[-2] == "cli":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {
            ast.get_docstring(n, clean=False)
            for n in ast.walk(tree)
            if isinstance(n, ast.Module | ast.FunctionDef | ast.ClassDef)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in docs:
                wrong += [f"{path.relative_to(ROOT)}:{node.lineno} {name}" for name in names if name in node.value]
    assert wrong == []


def test_every_audited_verb_has_words() -> None:
    """A verb without words would show as code in the audit log."""
    from gkportal.auth.audit_log import LABELS
    from gkportal.hall import audit_words

    audit_words.register()
    found = set()
    for path in modules():
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'"((?:application|auth|case|material|notice|orgs?|round|worker)\.[a-z_]+)"', text))
    verbs = {
        verb
        for verb in found
        if verb in set(re.findall(r'verb="([a-z_.]+)"', "\n".join(p.read_text(encoding="utf-8") for p in modules())))
    }
    assert verbs and sorted(verbs - set(LABELS)) == []
