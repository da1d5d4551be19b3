"""The virus scanner's hook, against a small daemon that speaks the real INSTREAM protocol (ASVS 5.4.3)."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gkportal.storage import Inspector, scan
from tests.storage import material

# The harmless test string every scanner knows, split so that this file is not taken for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 1024 * 1024


class Daemon(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        if self.rfile.read(10) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        data = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            data += self.rfile.read(size)
            if len(data) > LIMIT:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        verdict = b"stream: Eicar-Signature FOUND\0" if EICAR in data else b"stream: OK\0"
        self.wfile.write(verdict)


@pytest.fixture
def clamd() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Daemon) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_no_daemon_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GKPORTAL_CLAMD", raising=False)
    path = tmp_path / "a"
    path.write_bytes(EICAR)
    found = scan(path)
    assert (found.ok, found.scanned) == (True, False)


def test_the_daemons_verdict_counts(tmp_path: Path, clamd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GKPORTAL_CLAMD", clamd)
    path = tmp_path / "a"
    path.write_bytes(b"sound" * 40_000)
    assert scan(path) == scan(path, address=clamd)
    assert (scan(path).ok, scan(path).scanned) == (True, True)
    path.write_bytes(b"x" * 100_000 + EICAR)
    found = scan(path)
    assert (found.ok, found.signature) == (False, "Eicar-Signature")
    assert "发现病毒" in found.refusal


def test_a_unix_socket(tmp_path: Path) -> None:
    address = str(tmp_path / "clamd.sock")
    with socketserver.ThreadingUnixStreamServer(address, Daemon) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = tmp_path / "a"
        path.write_bytes(EICAR)
        assert scan(path, address=address).signature == "Eicar-Signature"
        server.shutdown()


def test_a_file_over_the_daemons_limit_is_refused(tmp_path: Path, clamd: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 3 * LIMIT)
    found = scan(path, address=clamd)
    assert not found.ok and "没有保存" in found.refusal


@pytest.mark.parametrize("address", ["127.0.0.1:1", "/nowhere/clamd.sock", "127.0.0.1:notaport"])
def test_a_daemon_that_is_down_closes_the_door(tmp_path: Path, address: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"sound")
    found = scan(path, address=address, timeout_s=2)
    assert (found.ok, found.scanned) == (False, False)
    assert "病毒扫描服务没有应答" in found.refusal


def test_inspection_shows_every_file_to_the_daemon(tmp_path: Path, clamd: str) -> None:
    path = material.write_pdf(tmp_path / "a.pdf")
    inspector = Inspector(clamd=clamd, temp_dir=tmp_path / "clean")
    try:
        with inspector.inspect_pdf(path) as found:
            assert found.ok
        path.write_bytes(path.read_bytes() + EICAR)
        for found in (inspector.inspect_pdf(path), inspector.inspect_photo(path)):
            assert (found.ok, found.code) == (False, "virus")
            assert "Eicar-Signature" in found.refusal
    finally:
        inspector.close()
    found = Inspector(clamd="127.0.0.1:1", temp_dir=tmp_path / "clean").inspect_pdf(path)
    assert (found.ok, found.code) == (False, "no_scanner")
    assert "没有应答" in found.refusal
