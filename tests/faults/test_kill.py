"""R1, R15: the real server is killed at random moments while people work; it comes back by itself (I1-I5, I7)."""

from __future__ import annotations

import random
import time

import pytest

from tests.faults import servers, wire, work, wreck


def kill_rounds(serve, instance, ids, seed: int, rounds: int) -> work.Crowd:
    """Work, kill, look, start again; the last server is left running."""
    moments = random.Random(seed)
    crowd = None
    for number in range(rounds):
        server = serve()
        crowd = work.Crowd(server, ids, promises=crowd.promises if crowd else [])
        crowd.start(f"s{seed}r{number}")
        time.sleep(moments.uniform(0.6, 1.6))
        server.kill()
        crowd.wait()
        assert crowd.odd == []
        assert work.broken_promises(instance, ids, crowd.promises) == []
    return crowd


def test_nothing_promised_is_lost_when_the_server_is_killed(serve, instance, ids) -> None:
    crowd = kill_rounds(serve, instance, ids, 1, 3)
    kinds = {promise.what for promise in crowd.promises}
    assert {"form", "upload", "submit", "decide"} <= kinds, kinds
    server = serve()  # by itself: no repair command in between (I7)
    assert server.sign_in("clerk").get("/").status == 200
    server.stop()
    checked = servers.command(instance, "check")
    assert "everything is in order" in checked.stdout
    known = {row[0] for sql in _FILES for row in wire.rows(instance, sql) if row[0]}
    assert wreck.stray_files(instance, known) == []
    assert wreck.illegal(instance) == []


_FILES = (
    "SELECT sha256 FROM material", "SELECT thumbnail_sha256 FROM material", "SELECT sha256 FROM form_print",
    "SELECT result_sha256 FROM job",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
def test_many_kills(serve, instance, ids, seed) -> None:
    kill_rounds(serve, instance, ids, seed, 6)
    assert "everything is in order" in servers.command(instance, "check").stdout
    assert wreck.illegal(instance) == []


def test_killed_server_leaves_no_process_and_no_lock_behind(serve, ids) -> None:
    server = serve()
    client = server.sign_in("clerk")
    assert client.get(f"/applications/{ids['gu']}/approval-form.pdf").status == 200  # starts the renderer
    children = server.children()
    assert children
    server.kill()
    assert [child for child in children if child.is_running()] == []
    assert serve().alive


def test_a_dead_child_fails_one_request_at_most(serve, ids) -> None:
    """R15: inspection and typesetting children are killed; the next request gets new ones."""
    server = serve()
    client = server.sign_in("clerk")
    path = f"/applications/{ids['gu']}/approval-form.pdf"
    assert client.get(path).status == 200
    for child in server.children():
        child.kill()
    answers = [client.get(path).status for _ in range(3)]
    assert answers[-1] == 200
    assert sum(status != 200 for status in answers) <= 1
    assert not [child for child in server.children() if child.status() == "zombie"]


def test_sigterm_is_an_orderly_end(serve, instance) -> None:
    server = serve()
    assert server.stop() == 0
    assert "Traceback" not in server.log()
    assert not list((instance / "run").glob("*.lock"))
