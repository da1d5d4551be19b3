"""Many at once: one winner, unique numbers (R17, R19, I5)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from gkportal.audit import AuditEvent, verify_chain
from gkportal.core import clock, db
from gkportal.core.errors import Conflict, GkError
from gkportal.review import operations
from gkportal.review.models import Case, ReviewTask
from tests.review.notes import submit

pytestmark = pytest.mark.usefixtures("notes")


def _together(work: list[Callable[[], object]]) -> list[object]:
    """Run all at the same moment; results or exceptions, in order."""
    gate, results = threading.Barrier(len(work)), [None] * len(work)

    def run(place: int) -> None:
        db.connect()
        try:
            gate.wait()
            results[place] = work[place]()
        except Exception as error:
            results[place] = error
        finally:
            db.database.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_twenty_reviewers_one_winner_one_audit_row(world):
    task = submit(world, step=1)
    now = clock.now()
    people = [world.actor(name) for name in ("district_reviewer", "district_reviewer2")]

    def attempt(number: int) -> Callable:
        # Every attempt differs from the others, so that none is a mere repetition.
        decision = ("pass", "return", "reject")[number % 3]
        actor = people[number % 2]
        return lambda: operations.decide(
            actor=actor, now=now, task=task, version=1, decision=decision, opinion=f"意见 {number}"
        )

    results = _together([attempt(number) for number in range(20)])
    winners = [result for result in results if isinstance(result, ReviewTask)]
    decided = ReviewTask.get_by_id(task.id)
    assert all(isinstance(result, Conflict) for result in results if not isinstance(result, ReviewTask))
    # The winner's own repetitions of the same decision get the same row back; nobody else gets one.
    assert {(w.decided_by_id, w.decision, w.opinion) for w in winners} == {
        (decided.decided_by_id, decided.decision, decided.opinion)
    }
    assert AuditEvent.select().where(AuditEvent.verb.startswith("review.")).count() == 1
    assert decided.version == 2
    assert verify_chain() is None


def test_twenty_different_people_exactly_one_answer(world):
    task = submit(world, step=1)
    now = clock.now()
    first = world.actor("district_reviewer")
    people = [type(first)(**{**_fields(first), "user_id": 9000 + n, "name": f"审核员{n}"}) for n in range(20)]
    results = _together(
        [lambda p=p: operations.decide(actor=p, now=now, task=task, version=1, decision="pass") for p in people]
    )
    winners = [result for result in results if isinstance(result, ReviewTask)]
    losers = [result for result in results if isinstance(result, Conflict)]
    assert (len(winners), len(losers)) == (1, 19)
    assert all(winners[0].decided_by_name in str(error) for error in losers)
    assert AuditEvent.select().where(AuditEvent.verb == "review.pass").count() == 1


def _fields(actor) -> dict:
    return {name: getattr(actor, name) for name in type(actor).__dataclass_fields__}


def test_decision_against_withdrawal_has_one_outcome(world):
    for round_number in range(5):
        task = submit(world, f"甲{round_number}", step=1)
        now, actor = clock.now(), world.actor("district_reviewer")
        outcome = _together([
            lambda task=task, now=now, actor=actor: operations.decide(actor=actor, now=now, task=task, version=1, decision="pass"),
            lambda task=task, now=now: operations.cancel_tasks(subject=("note", task.subject_id), now=now),
        ])  # fmt: skip
        state = ReviewTask.get_by_id(task.id).state
        if state == "done":
            assert outcome[1] == 0
        else:
            assert state == "cancelled" and isinstance(outcome[0], Conflict)


def test_only_one_waiting_task_per_subject(world):
    task = submit(world)
    with pytest.raises(Exception, match="UNIQUE"), db.write_transaction():
        operations.open_task(
            now=clock.now(), case=task.case, subject=("note", task.subject_id), submission=1, step_index=1, step_key="x",
            step_label="x", organization_id=world.orgs["district"].id, unit_id=world.orgs["unit"].id, person_name="桑春生",
            kind="level", grade=3, mode="normal", trade_code="",
        )  # fmt: skip


def _open(world, now) -> Case:
    return operations.open_case(
        actor=world.actor("clerk"),
        now=now,
        kind="note",
        title="记事审核",
        round=None,
        pack_id="",
        unit=world.orgs["unit"],
    )


def test_fifty_parallel_openings_have_unique_numbers_without_gaps(world):
    now = clock.now()
    results = _together([lambda: _open(world, now).number for _ in range(50)])
    assert not [result for result in results if isinstance(result, GkError)]
    assert sorted(results) == [f"20240410{number:08d}" for number in range(1, 51)]


def test_the_day_rolls_over_at_midnight_in_china(world):
    midnight = datetime(2024, 4, 10, 16, 0, tzinfo=UTC)  # 11 April, 00:00 in China
    before = _open(world, midnight - timedelta(microseconds=1)).number
    after = _open(world, midnight).number
    assert (before, after) == ("2024041000000001", "2024041100000001")


def test_a_failed_opening_gives_its_number_back(world):
    with pytest.raises(RuntimeError), db.write_transaction():
        _open(world, clock.now())
        raise RuntimeError("later step failed")
    assert _open(world, clock.now()).number == "2024041000000001"
