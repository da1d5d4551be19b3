"""R2, R7-R10: disks that are full, out of inodes, read-only or failing under a running server.

The disk of most tests is a small tmpfs that only the server sees (`unshare`, no rights needed where user namespaces
are allowed); where that is not to be had, the file size limit of the process makes every write fail.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pikepdf
import psutil
import pytest

from tests.declarations import making
from tests.faults import servers, wire

FULL = "磁盘已满或不可写"
SMALL_DISK = 'mount -t tmpfs -o size=100m,nr_inodes=2000 none "$1" && cp -a "$2/." "$1" && mount --bind "$1" "$2" && shift 2 && exec "$@"'


def can_unshare() -> bool:
    """Whether a process here may have a disk of its own."""
    if shutil.which("unshare") is None:
        return False
    probe = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small(instance: Path, tmp_path: Path) -> Iterator[servers.Server]:
    """A server whose instance lies on a disk of 100 MB; sessions are made before it starts."""
    if not can_unshare():
        pytest.skip("user namespaces are not available")
    stage = tmp_path / "disk"
    stage.mkdir()
    prefix = ("unshare", "-rm", "sh", "-c", SMALL_DISK, "sh", str(stage), str(instance))
    server = servers.Server(instance, prefix=prefix)
    yield server
    server.kill()


def disk_of(server: servers.Server) -> Path:
    """The instance folder as the server sees it."""
    return Path(f"/proc/{server.process.pid}/root{server.instance}")


def fill(server: servers.Server, leave: int = 0) -> Path:
    """Write a file until only `leave` bytes are free."""
    filler = disk_of(server) / "filler"
    with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while (free := shutil.disk_usage(disk_of(server)).free) > leave:
            file.write(b"\0" * min(1024 * 1024, free - leave))
    return filler


def save(client: wire.Client, ids: dict[str, str], text: str) -> wire.Answer:
    """暂存 of gu's form."""
    return client.post(f"/applications/{ids['gu']}/form", {"appraisal_text": text, "do": "save"}, HX_Request="true")


def upload(client: wire.Client, ids: dict[str, str], text: str, *, heavy: bool = False) -> wire.Answer:
    """A PDF for gu's identity card; heavy ones are 900 KB, which the server spools to its disk."""
    data = heavy_pdf(text) if heavy else making.pdf(text, 3)
    path = f"/applications/{ids['gu']}/materials/slots/{ids['slot']}"
    return client.post(path, {"file": ("2身份证.pdf", data)}, X_Requested_With="XMLHttpRequest")


def heavy_pdf(text: str) -> bytes:
    """A PDF with a page of noise, which does not compress."""
    with pikepdf.open(io.BytesIO(making.pdf(text))) as opened:
        opened.pages[0].Noise = pikepdf.Stream(opened, os.urandom(900_000))
        target = io.BytesIO()
        opened.save(target)
    return target.getvalue()


def saved_texts(server: servers.Server) -> str:
    """All saved forms and events, as text."""
    return "".join(str(row[0]) for row in wire.rows(server.instance, "SELECT form FROM application"))


def test_a_disk_that_is_nearly_full_takes_no_upload_but_all_work(small, ids) -> None:
    """R7: the reserve keeps room for what people type; space that comes back is used without a restart."""
    clerk = small.sign_in("clerk")
    small.start()
    assert upload(clerk, ids, "one").ok
    filler = fill(small, leave=40 * 1024 * 1024)
    refused = upload(clerk, ids, "two")
    assert refused.status == 507
    assert "服务器存储空间不足，文件没有保存" in refused.text
    assert save(clerk, ids, "磁盘快满时保存的").ok
    assert clerk.post(f"/declarations/case/{ids['case']}/submit/confirm", SUBMIT | {"ids": ids["sang"]}).status == 303
    filler.unlink()
    assert upload(clerk, ids, "three").ok


SUBMIT = {"pledge": "agree", "contact_name": "穆知秋", "contact_phone": "0519-85681234"}


def test_a_full_disk_is_told_and_reading_goes_on(small, ids) -> None:
    clerk, reviewer = small.sign_in("clerk"), small.sign_in("department_reviewer")
    small.start()
    filler = fill(small)
    answers = [save(clerk, ids, f"满 {number} " + "长" * 300) for number in range(40)]
    refused = [answer for answer in answers if not answer.ok]
    assert refused, "some save must meet the end of the disk"
    assert all(answer.status == 503 and FULL in answer.text for answer in refused)
    for client, path in ((clerk, f"/applications/{ids['gu']}"), (reviewer, "/review"), (clerk, "/cases")):
        assert client.get(path).status == 200, path
    heavy = upload(clerk, ids, "heavy", heavy=True)
    assert heavy.status in (503, 507)
    assert "服务器" in heavy.text
    filler.unlink()
    assert save(clerk, ids, "又有空间了").ok
    assert upload(clerk, ids, "again", heavy=True).ok


def test_no_inode_left_counts_as_full(small, ids) -> None:
    """R10."""
    clerk = small.sign_in("clerk")
    small.start()
    folder = disk_of(small) / "many"
    folder.mkdir()
    with contextlib.suppress(OSError):
        for number in range(3000):
            (folder / str(number)).touch()
    refused = upload(clerk, ids, "no inode")
    assert refused.status == 507
    assert "服务器存储空间不足" in refused.text
    assert clerk.get(f"/applications/{ids['gu']}/materials").status == 200
    shutil.rmtree(folder)
    assert upload(clerk, ids, "inodes again").ok


def test_the_server_does_not_start_on_a_read_only_disk(instance, ids) -> None:
    """R9: in one line, naming the folder. (A disk that turns read-only under a running server: test_crash_points.)"""
    if not can_unshare():
        pytest.skip("user namespaces are not available")
    script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    words = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        script,
        "sh",
        str(instance),
        sys.executable,
        str(servers.ROOT / "app.py"),
        "serve",
    ]
    done = subprocess.run(
        words,
        env=servers.environment(instance),
        cwd=servers.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "Read-only file system" in done.stderr
    assert str(instance) in done.stderr
    assert "Traceback" not in done.stderr


def test_every_write_fails_and_then_works_again(serve, instance, ids) -> None:
    """R2, R8: nothing can be written, not even the log; what cannot be audited is refused; no restart is needed."""
    server = serve()
    clerk, reviewer = server.sign_in("clerk"), server.sign_in("department_reviewer")
    assert save(clerk, ids, "之前").ok
    process = psutil.Process(server.process.pid)
    limits = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (1, limits[1]))
    decision = {"decision": "pass", "version": "1", "opinion": "齐全"}
    refused = [
        save(clerk, ids, "写不进"), upload(clerk, ids, "写不进"), upload(clerk, ids, "写不进", heavy=True),
        clerk.post(f"/declarations/case/{ids['case']}/submit/confirm", SUBMIT | {"ids": ids["sang"]}),
        reviewer.post(f"/review/{ids['task']}/decide", decision),
    ]  # fmt: skip
    for answer in refused:
        assert answer.status in (503, 507), answer.text[-300:]
        assert "服务器" in answer.text
    assert clerk.get(f"/applications/{ids['gu']}").status == 200
    assert reviewer.get(f"/review/{ids['task']}").status == 200
    process.rlimit(psutil.RLIMIT_FSIZE, limits)
    assert save(clerk, ids, "之后").ok
    assert reviewer.post(f"/review/{ids['task']}/decide", decision).status == 303
    text = saved_texts(server)
    assert "之后" in text
    assert "写不进" not in text
    server.stop()
    assert "everything is in order" in servers.command(instance, "check").stdout
