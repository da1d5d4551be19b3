"""docs/requirements.md: every row it lists names tests that exist, and only rows of the inventory."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| ((?:S00[0-4]|X)-\d+[a-z]*) \| (.+?) \|$")
PROOF = re.compile(r"`(tests/[\w/.]+\.py)::(\w+)`")


def rows() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for line in (ROOT / "docs" / "requirements.md").read_text(encoding="utf-8").splitlines():
        match = ROW.match(line)
        if match:
            assert match[1] not in found, f"{match[1]} stands twice"
            found[match[1]] = PROOF.findall(match[2])
    return found


def names_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_there_are_rows() -> None:
    assert len(rows()) > 100


def test_every_row_has_a_test_that_exists() -> None:
    missing = []
    for row, proofs in rows().items():
        if not proofs:
            missing.append(f"{row} has no test")
        for file, name in proofs:
            if not (ROOT / file).exists() or name not in names_in(ROOT / file):
                missing.append(f"{row}: {file}::{name}")
    assert missing == []
