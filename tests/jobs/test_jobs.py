"""Background work: asked for once, done once, told truly, taken up again after a crash (R1, R15, R17; I1, I7)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from gkportal.core import clock, db, services
from gkportal.core.errors import Invalid, NotFound
from gkportal.jobs import (
    Job,
    JobContext,
    JobResult,
    JobRunner,
    enqueue,
    forget_finished,
    handlers,
    job_handler,
    job_of,
    jobs_of,
    put_back,
    queue,
    result_hashes,
    run_pending,
    runner,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    """A database with the job table only."""
    db.bind(tmp_path / "gkportal.db")
    db.connect()
    db.database.create_tables([Job])
    yield
    db.database.close()


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable], str]:
    """Registers a handler for one test under the kind `test.work`."""
    monkeypatch.setattr(handlers, "_handlers", {})

    def register(handler: Callable[[JobContext], JobResult | None]) -> str:
        job_handler("test.work")(handler)
        return "test.work"

    return register


def ask(kind: str, **changes: object) -> Job:
    values = {"actor_user_id": 7, "organization_id": 3, "title": "导出花名册", **changes}
    return enqueue(kind, **values)


def reread(job: Job) -> Job:
    return Job.get_by_id(job.id)


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def test_a_job_runs_and_gives_its_result(kind) -> None:
    seen: list[JobContext] = []

    def work(job: JobContext) -> JobResult:
        seen.append(job)
        job.progress(1, 4, "第 1 行")
        assert (reread(asked).progress, reread(asked).total, reread(asked).message) == (25, 4, "第 1 行")
        return JobResult("共 4 行", "ab" * 32, "花名册.xlsx")

    asked = ask(kind(work), params={"year": 2026})
    assert (asked.state, asked.state_label, asked.is_live, len(asked.public_id)) == (
        "waiting",
        "排队中",
        True,
        16,
    )
    assert run_pending() == 1
    assert (seen[0].params, seen[0].owner_user_id, seen[0].organization_id) == ({"year": 2026}, 7, 3)
    job = reread(asked)
    assert (job.state, job.progress, job.message, job.attempts) == ("done", 100, "共 4 行", 1)
    assert (job.result_sha256, job.result_name) == ("ab" * 32, "花名册.xlsx")
    assert job.created_at <= job.started_at <= job.finished_at
    assert result_hashes() == {"ab" * 32}
    assert run_pending() == 0


def test_jobs_run_in_the_order_asked(kind) -> None:
    order: list[int] = []
    work = kind(lambda job: order.append(job.params["n"]))
    for number in range(5):
        ask(work, params={"n": number})
    assert run_pending() == 5 and order == [0, 1, 2, 3, 4]


def test_a_rule_broken_is_told_in_its_own_words_and_a_fault_with_a_number(kind, caplog) -> None:
    def work(job: JobContext) -> None:
        if job.params["n"]:
            raise Invalid("第 3 行缺少公民身份号码。")
        raise ZeroDivisionError("secret detail")

    name = kind(work)
    rule, fault = ask(name, params={"n": 1}), ask(name, params={"n": 0})
    assert run_pending() == 2
    assert (reread(rule).state, reread(rule).message) == ("failed", "第 3 行缺少公民身份号码。")
    message = reread(fault).message
    assert reread(fault).state == "failed" and "错误编号" in message and "secret" not in message
    assert message.split("错误编号 ")[1][:8] in caplog.text


def test_asking_twice_gives_the_same_job_while_it_lives(kind) -> None:
    name = kind(lambda job: None)
    first = ask(name, params={"a": 1})
    assert ask(name, params={"a": 1}).id == first.id
    others = {ask(name, params={"a": 2}).id, ask(name, params={"a": 1}, actor_user_id=8).id}
    assert len(others | {first.id}) == 3
    assert run_pending() == 3
    assert ask(name, params={"a": 1}).id != first.id


def test_nothing_runs_when_the_transaction_fails(kind) -> None:
    name = kind(lambda job: None)
    with pytest.raises(ZeroDivisionError), db.write_transaction():
        ask(name)
        assert queue.current().ids() == set()
        raise ZeroDivisionError
    assert Job.select().count() == 0 and run_pending() == 0
    with db.write_transaction():
        asked = ask(name)
        assert queue.current().ids() == set()
    assert queue.current().ids() == {asked.public_id}


def test_an_unknown_kind_is_refused(kind) -> None:
    with pytest.raises(LookupError):
        ask("test.unknown")
    kind(lambda job: None)
    with pytest.raises(ValueError):
        job_handler("test.work")(print)


def test_a_doubled_message_runs_once(kind) -> None:
    runs: list[str] = []
    asked = ask(kind(lambda job: runs.append(job.public_id)))
    queue.current().push(asked.public_id)
    queue.current().push("no such job")
    run_pending()
    assert runs == [asked.public_id]


def test_many_runners_share_the_work_without_doubling(kind) -> None:
    runs: list[int] = []
    name = kind(lambda job: runs.append(job.params["n"]))
    for number in range(30):
        ask(name, params={"n": number})
    threads = [threading.Thread(target=lambda: (db.connect(), run_pending(), db.database.close())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(runs) == list(range(30))
    assert {job.state for job in Job.select()} == {"done"}


def test_the_queue_holds_json_and_never_a_pickle(kind, tmp_path: Path) -> None:
    asked = ask(kind(lambda job: None), params={"name": "不入队"})
    ((data,),) = queue.current().huey.storage.sql("select data from task", results=True)
    assert json.loads(bytes(data))["message"]["args"] == [asked.public_id]
    assert "不入队" not in bytes(data).decode()
    assert (tmp_path / "jobs.db").exists()
    with pytest.raises(TypeError):
        queue.current().huey.serializer.serialize(object())


def test_a_lost_message_is_found_again(kind) -> None:
    asked = ask(kind(lambda job: None))
    assert queue.current().pop() == asked.public_id
    assert put_back() == 0  # asked for just now: its message may be on the way
    Job.update(created_at=clock.now() - timedelta(minutes=1)).execute()
    assert put_back() == 1 and put_back() == 0
    assert run_pending() == 1 and reread(asked).state == "done"


def test_a_job_of_a_dead_process_is_put_back_and_one_of_a_living_is_not(kind) -> None:
    name = kind(lambda job: None)
    dead, living, far, silent = (ask(name, params={"n": number}) for number in range(4))
    while queue.current().pop():
        pass
    host = runner.runner_id().split("/")[0]
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    moment = clock.now()
    for job, who, beat in (
        (dead, f"{host}/{child.pid}/aa", moment),
        (living, runner.runner_id(), moment),
        (far, "other-host/1/aa", moment),
        (silent, "other-host/1/aa", moment - timedelta(seconds=91)),
    ):
        Job.update(state="running", runner=who, heartbeat_at=beat, attempts=1).where(Job.id == job.id).execute()
    assert put_back() == 2
    assert [reread(job).state for job in (dead, living, far, silent)] == [
        "waiting",
        "running",
        "running",
        "waiting",
    ]
    assert run_pending() == 2 and reread(dead).attempts == 2


def test_a_process_of_the_same_number_before_a_restart_is_dead(kind) -> None:
    asked = ask(kind(lambda job: None))
    queue.current().pop()
    host = runner.runner_id().split("/")[0]
    Job.update(state="running", runner=f"{host}/{os.getpid()}/before", heartbeat_at=clock.now(), attempts=1).execute()
    assert put_back() == 1 and run_pending() == 1 and reread(asked).state == "done"


def test_a_job_that_ends_the_process_three_times_is_given_up(kind) -> None:
    asked = ask(kind(lambda job: None))
    queue.current().pop()
    Job.update(state="running", runner="x/1/a", heartbeat_at=datetime(2026, 1, 1, tzinfo=UTC), attempts=3).execute()
    assert put_back() == 0
    assert reread(asked).state == "failed" and "多次中断" in reread(asked).message


CRASH = """
import sys, time
from pathlib import Path
from gkportal.core import db
from gkportal.jobs import enqueue, job_handler, run_pending
@job_handler("test.work")
def work(job):
    Path(sys.argv[2]).write_text("begun")
    time.sleep(60)
db.bind(sys.argv[1])
enqueue("test.work", actor_user_id=7, organization_id=3, title="x", params={"a": 1})
run_pending()
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_kill_9_in_the_middle_of_a_job(kind, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    child = subprocess.Popen([sys.executable, "-c", CRASH, str(tmp_path / "gkportal.db"), str(begun)], cwd=ROOT)
    wait_for(begun.exists, 30)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    job = Job.get()
    assert (job.state, job.attempts) == ("running", 1)
    kind(lambda job: JobResult("好了"))
    assert put_back() == 1 and run_pending() == 1
    assert (reread(job).state, reread(job).message, reread(job).attempts) == ("done", "好了", 2)


def test_the_thread_works_and_stops(kind) -> None:
    worker = JobRunner(interval_s=5)
    worker.start()
    try:
        time.sleep(0.2)
        asked = ask(kind(lambda job: JobResult("好了")))
        wait_for(lambda: reread(asked).state == "done", 3)  # woken, not waiting for the next look
    finally:
        worker.stop()
    assert all(thread.name != "job-runner" for thread in threading.enumerate())


def test_with_an_application_handlers_reach_its_services(kind) -> None:
    app = Flask("test")
    services.provide(app, store="the store")
    worker = JobRunner(app)
    worker.start()
    try:
        asked = ask(kind(lambda job: JobResult(services.service("store"))))
        wait_for(lambda: reread(asked).state == "done")
    finally:
        worker.stop()
    assert reread(asked).message == "the store"


def test_a_stopping_server_gives_the_job_back(kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "WRITE_EVERY_S", 0)
    stop_now = threading.Event()

    def work(job: JobContext) -> None:
        while True:
            job.progress(1, 2)
            stop_now.set()
            time.sleep(0.01)

    asked = ask(kind(work))
    worker = JobRunner()
    worker.start()
    assert stop_now.wait(10)
    worker.stop()
    job = reread(asked)
    assert (job.state, job.attempts, job.runner) == ("waiting", 0, "")


def test_a_job_taken_over_by_another_process_stops_here(kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "WRITE_EVERY_S", 0)

    def work(job: JobContext) -> JobResult:
        Job.update(runner="other-host/1/aa").execute()
        job.progress(1, 2)
        return JobResult("never")

    asked = ask(kind(work))
    run_pending()
    assert (reread(asked).state, reread(asked).runner) == ("running", "other-host/1/aa")


def test_a_broken_database_does_not_end_the_thread(kind) -> None:
    worker = JobRunner(interval_s=0.05)
    db.database.drop_tables([Job])
    worker.start()
    try:
        time.sleep(0.3)
        db.database.create_tables([Job])
        asked = ask(kind(lambda job: None))
        wait_for(lambda: reread(asked).state == "done")
    finally:
        worker.stop()


def test_a_busy_handler_gives_signs_of_life(kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "HEARTBEAT_S", 0.05)
    beats: set[datetime] = set()

    def work(job: JobContext) -> None:
        end = time.monotonic() + 5
        while len(beats) < 3 and time.monotonic() < end:
            beats.add(reread(asked).heartbeat_at)
            time.sleep(0.02)

    asked = ask(kind(work))
    run_pending()
    assert len(beats) == 3


def test_progress_is_cheap_per_row(kind) -> None:
    writes = 0

    def work(job: JobContext) -> None:
        nonlocal writes
        update = JobContext.update

        def counted(self: JobContext, **changes: object) -> bool:
            nonlocal writes
            writes += 1
            return update(self, **changes)

        JobContext.update = counted
        try:
            for number in range(10_000):
                job.progress(number, 10_000)
        finally:
            JobContext.update = update

    ask(kind(work))
    run_pending()
    assert writes <= 3


def test_others_jobs_are_not_found(kind) -> None:
    name = kind(lambda job: None)
    mine, other = ask(name), ask(name, actor_user_id=8)
    assert job_of(mine.public_id, owner_user_id=7).id == mine.id
    for public_id in (other.public_id, "nothing"):
        with pytest.raises(NotFound):
            job_of(public_id, owner_user_id=7)
    assert [job.id for job in jobs_of(7)] == [mine.id]


def test_finished_jobs_are_forgotten_after_a_week(kind) -> None:
    name = kind(lambda job: None)
    old, young = ask(name, params={"n": 1}), ask(name, params={"n": 2})
    run_pending()
    waiting = ask(name, params={"n": 3})
    moment = clock.now()
    Job.update(finished_at=moment - timedelta(days=8)).where(Job.id == old.id).execute()
    assert forget_finished(now=moment) == 1
    assert {job.id for job in Job.select()} == {young.id, waiting.id}
