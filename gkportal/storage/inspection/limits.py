"""Limits of the child process that opens other people's files (ASVS 15.1.3, R15, R29)."""

from __future__ import annotations

import signal

try:
    import resource
except ImportError:  # Windows: the time limit of the pool is what remains
    resource = None  # type: ignore[assignment]

#: Address space a task may use on top of what the libraries take, bytes.
HEADROOM = 1024 * 1024 * 1024
#: Largest file a task may write, bytes.
LARGEST_OUTPUT = 256 * 1024 * 1024


def confine() -> None:
    """Called once in a fresh child: import the libraries, then cap memory and output size."""
    from gkportal.storage.inspection import pages, pdf, photo  # noqa: F401  (their memory is not the task's)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    if resource is None:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, LARGEST_OUTPUT)
    used = _address_space()
    if used:
        _lower(resource.RLIMIT_AS, used + HEADROOM)


def allow_cpu(seconds: float) -> None:
    """Give the next task `seconds` of processor time; beyond, the kernel ends the child."""
    if resource is None:
        return
    spent = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(spent.ru_utime + spent.ru_stime + seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (limit if hard < 0 else min(limit, hard), hard))


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    value = value if hard < 0 else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _address_space() -> int:
    """Bytes of address space in use; 0 where the system does not tell (then no cap is set)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:
            return int(stream.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0
