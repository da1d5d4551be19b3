"""Virus scanning through a clamd daemon (等保 8.1.4.5, ASVS 5.4.3).

Optional: without an address nothing is scanned. With an address and no answer, files are refused: a switched-off
scanner must not become an open door.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

CHUNK = 64 * 1024
SETTING = "GKPORTAL_CLAMD"


@dataclass(frozen=True, slots=True)
class ScanResult:
    """`ok` — may be stored; `scanned` — a daemon looked; `signature` — what it found; `refusal` — the sentence."""

    ok: bool
    scanned: bool = False
    signature: str | None = None
    refusal: str | None = None


DOWN = ScanResult(False, refusal="病毒扫描服务没有应答，为安全起见文件没有保存。请稍后重试，仍不成功请联系系统管理员。")


def scan(path: Path, *, address: str | None = None, timeout_s: float = 30) -> ScanResult:
    """Send the file to clamd (`host:port` or a socket path; default from GKPORTAL_CLAMD) and read its verdict."""
    address = os.environ.get(SETTING, "") if address is None else address
    if not address:
        return ScanResult(True)
    try:
        with _connect(address, timeout_s) as link:
            return _verdict(_instream(link, path))
    except (OSError, ValueError):
        return DOWN


def _connect(address: str, timeout_s: float) -> socket.socket:
    if "/" not in address and ":" in address:
        host, port = address.rsplit(":", 1)
        return socket.create_connection((host.strip("[]"), int(port)), timeout=timeout_s)
    if not hasattr(socket, "AF_UNIX"):
        raise ValueError("no socket files on this system: use host:port")
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        link.settimeout(timeout_s)
        link.connect(address)
    except OSError:
        link.close()
        raise
    return link


def _instream(link: socket.socket, path: Path) -> str:
    """clamd's INSTREAM: chunks with a 4-byte big-endian length, a zero length ends; the answer ends with NUL."""
    link.sendall(b"zINSTREAM\0")
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                link.sendall(struct.pack("!I", len(chunk)) + chunk)
        link.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # over its StreamMaxLength clamd answers and hangs up while we still send
    answer = b""
    while not answer.endswith(b"\0") and (part := link.recv(4096)):
        answer += part
        if len(answer) > 8192:
            break
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def _verdict(answer: str) -> ScanResult:
    if answer == "stream: OK":
        return ScanResult(True, scanned=True)
    if answer.endswith(" FOUND"):
        signature = answer.removeprefix("stream: ").removesuffix(" FOUND")
        sentence = f"文件中发现病毒（{signature}），没有保存。请对电脑杀毒后，重新扫描或导出文件再上传。"
        return ScanResult(False, True, signature, sentence)
    if "size limit exceeded" in answer:
        return ScanResult(False, True, None, "文件超过病毒扫描服务的大小上限，没有保存。请压缩后重新上传。")
    return DOWN
