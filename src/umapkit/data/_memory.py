"""How much memory there is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

GIB = 2**30
DENSE_LIMIT = 4 * GIB


def available_memory() -> int | None:
    """Bytes that this process may still take, or None where the system does not tell.

    On Linux the smaller of the system's available memory and what the control group
    (container) leaves. Elsewhere half of the physical memory, since the free part of it cannot be
    read without a further package.
    """
    figures = [_from_proc(), _from_control_group()]
    known = [figure for figure in figures if figure is not None]
    if known:
        return min(known)
    if sys.platform != "win32":
        try:
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
        except (ValueError, OSError):
            return None
    return None


def dense_budget() -> int:
    """Bytes that sparse rows may take when made dense: 4 GiB or a quarter of what is available."""
    available = available_memory()
    return DENSE_LIMIT if available is None else min(DENSE_LIMIT, available // 4)


def human_size(n_bytes: float) -> str:
    """Write a number of bytes for people.

    Examples
    --------
    >>> human_size(1536)
    '1.5 KiB'
    """
    if n_bytes < 1024:
        return f"{int(n_bytes)} bytes"
    for unit in ("KiB", "MiB", "GiB"):
        n_bytes /= 1024
        if n_bytes < 1024:
            return f"{n_bytes:.1f} {unit}"
    return f"{n_bytes / 1024:.1f} TiB"


def _from_proc() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _from_control_group() -> int | None:
    """Memory left to the control group; version 2, then version 1; None where not limited."""
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        (
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        ),
    ):
        try:
            allowed = Path(limit).read_text(encoding="ascii").strip()
            taken = Path(used).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if allowed == "max" or not allowed.isdigit() or not taken.isdigit():
            return None
        return max(0, int(allowed) - int(taken))
    return None
