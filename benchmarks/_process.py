"""What the system says of another process; None where it does not say."""

from __future__ import annotations

import os
from pathlib import Path


def resident(pid: int) -> int | None:
    """Return the resident KiB of a process, where the system says so in ``/proc``."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return None
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return None


def cpu_seconds(pid: int) -> float | None:
    """Return the seconds that a process has computed, its own and the system's for it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    user, system = stat.rpartition(")")[2].split()[11:13]  # proc_pid_stat(5): fields 14 and 15
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
