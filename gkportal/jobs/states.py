"""States of a job."""

from __future__ import annotations

WAITING = "waiting"
RUNNING = "running"
DONE = "done"
FAILED = "failed"

LABELS = {WAITING: "排队中", RUNNING: "处理中", DONE: "已完成", FAILED: "未完成"}
LIVE = (WAITING, RUNNING)

#: A job whose process died this often is given up: it would take the server down for ever.
MAX_ATTEMPTS = 3
#: A running job without a sign of life for so long is taken for dead, seconds.
STALE_S = 90
