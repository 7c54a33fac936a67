"""What a process has cost so far: processor time and memory, read from outside (Linux)."""

from __future__ import annotations

import time
from pathlib import Path

_CPUCLOCK_SCHED = 2


def cpu_seconds(pid: int) -> float:
    """User and system time of all threads of a process, to the nanosecond.

    /proc/<pid>/stat counts in hundredths of a second, too coarse here; clock_gettime(2) takes the
    clock of any process (MAKE_PROCESS_CPUCLOCK of the kernel's posix-timers.h).
    """
    return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)


def memory(pid: int) -> dict[str, int]:
    """Resident and proportional set size in KiB (proc(5), smaps_rollup)."""
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:]:
        name, kibibytes, *_ = line.split()
        sizes[name.rstrip(":")] = int(kibibytes)
    return {"rss_kib": sizes["Rss"], "pss_kib": sizes["Pss"]}


def workers(master: int) -> list[int]:
    """The children of a process: gunicorn's workers."""
    text = Path(f"/proc/{master}/task/{master}/children").read_text("ascii")
    return [int(pid) for pid in text.split()]
