"""What a process takes, read from /proc: memory in MB and seconds of CPU, its children's included on request."""

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
KB_A_MB = 1024


@dataclass(frozen=True)
class Memory:
    """RSS counts shared pages in every process that maps them, PSS shares them out."""

    rss_mb: float
    pss_mb: float


def of(process_id: int, *, with_children: bool = False) -> Memory:
    """What the process holds now; ProcessLookupError when there is none."""
    if not (PROC / str(process_id)).is_dir():
        raise ProcessLookupError(f"process {process_id} is not running any more")
    found = [process_id, *(children(process_id) if with_children else ())]
    measured = [_rollup(one) for one in found]
    return Memory(
        sum(m.get("Rss", 0) for m in measured) / KB_A_MB,
        sum(m.get("Pss", 0) for m in measured) / KB_A_MB,
    )


def peak_rss_mb(process_id: int) -> float:
    """The most that it ever held at a time."""
    for line in (PROC / str(process_id) / "status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / KB_A_MB
    raise ProcessLookupError(f"process {process_id} has no VmHWM in its status; it has ended")


def cpu_seconds(process_id: int) -> float:
    """User and system time of all its threads since it started."""
    # The name in brackets may hold spaces; the fields are counted behind it.
    fields = (
        (PROC / str(process_id) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    )
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children(process_id: int) -> list[int]:
    """All processes below it."""
    parents: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text(encoding="utf-8")
            except OSError:  # it ended meanwhile
                continue
            parents.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found, waiting = [], [process_id]
    while waiting:
        below = parents.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _rollup(process_id: int) -> dict[str, int]:
    """The sums of the kernel's map of the process, in kB; nothing of one that has ended."""
    try:
        text = (PROC / str(process_id) / "smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return {}
    lines = (line.split() for line in text.splitlines()[1:])
    return {fields[0].rstrip(":"): int(fields[1]) for fields in lines}
