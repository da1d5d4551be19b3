"""R1, R2: every storage call of an operation, killed and failed in turn; the way the tries are made is in crash.py."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.crash import OPERATIONS
from tests.faults.servers import ROOT, environment

HAN = re.compile(r"[\u4e00-\u9fff]{6,}")
#: A photo takes the way of a PDF, and more time.
EACH = [pytest.param(name, marks=[pytest.mark.slow] if name == "photo" else []) for name in sorted(OPERATIONS)]
#: What a second upload of the same file adds: a version and its event. The other operations do nothing twice.
AGAIN = {"material": 1, "audit_event": 1}


def tries(town: Path, work: Path, operation: str, how: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The undisturbed run, and one entry per storage call."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.crash", str(town), str(work), operation, how], cwd=ROOT, timeout=300,
        env=environment(work / "instance"), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    first, *rest = (json.loads(line) for line in done.stdout.splitlines())
    assert len(rest) >= len(first["calls"]) >= 4
    return first, rest


def whole(counts: dict[str, int], first: dict[str, Any], at: str) -> bool:
    """Whether all of the operation is there; fails when a part of it is (I3)."""
    assert counts in (first["before"], first["after"]), f"half done at {at}: {counts}"
    return counts == first["after"]


def check_left(entry: dict[str, Any], first: dict[str, Any], *, done: bool) -> None:
    """What is left is sound, and the same request, sent again, does its work once."""
    left, at = entry["left"], entry["at"]
    assert "broken" not in left, f"{at}: {left.get('broken')}"
    assert left["problems"] == [], at
    assert left["again"] < 400, at
    twice = {name: count + AGAIN.get(name, 0) for name, count in first["after"].items()}
    assert left["counts_again"] in ((first["after"], twice) if done else (first["after"],)), at


@pytest.mark.parametrize("operation", EACH)
def test_killed_at_every_storage_call(town: Path, quick: Path, operation: str) -> None:
    """I1-I5: all of it or nothing of it, no stray file, retry works."""
    first, entries = tries(town, quick, operation, "kill")
    finished = []
    for entry in entries:
        assert entry["tried"] == {"killed": True}, entry["at"]
        finished.append(whole(entry["left"]["counts"], first, entry["at"]))
        check_left(entry, first, done=finished[-1])
    assert finished == sorted(finished), "what was there is there at every later point"
    assert finished[-1], "after the last call everything is there"
    assert not finished[0]


@pytest.mark.parametrize("operation", EACH)
def test_every_storage_call_fails_once(town: Path, quick: Path, operation: str) -> None:
    """I2-I4, I6: a sentence in Chinese, nothing half-saved, and the same process serves the next request."""
    first, entries = tries(town, quick, operation, "fail")
    refusals = 0
    for entry in entries:
        tried, at = entry["tried"], entry["at"]
        assert "broken" not in tried, f"{at}: {tried.get('broken')}"
        done = whole(tried["counts"], first, at)
        assert (tried["status"] < 400) == done, f"{at}: told {tried['status']}, stored {done}"
        if not done:
            refusals += 1
            assert HAN.search(tried["text"]), at
            assert "未预料" not in tried["text"], f"{at}: {tried['text'][-500:]}"
        assert tried["alive"] == 303  # on to the first page
        assert tried["again"] < 400, at
        assert entry["left"]["problems"] == [], at
    assert refusals >= len(first["calls"]) // 3
