"""What a benchmark hands out: samples, ratios to a baseline, verdicts, a table for the eye and a json for later."""

import json
import math
import os
import platform
import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

OUT = Path(__file__).with_name("out")
PACKAGES = ("streamlit", "duckdb", "altair", "pydeck", "pandas", "pyarrow")
NOTHING = "-"


class RefusalError(RuntimeError):
    """A benchmark cannot be run here; the message says what it lacks."""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed (nearest rank); ValueError without values.

    Of fewer than twenty values the 95th percentile is the largest one, so it never stands without its n.
    """
    if not values:
        raise ValueError("a percentile of no values was asked for; measure at least once")
    if not 0 < share <= 1:
        raise ValueError(f"the share of a percentile is {share}; it lies above 0 and is at most 1")
    return sorted(values)[math.ceil(share * len(values)) - 1]


@dataclass(frozen=True)
class Sample:
    """Repetitions of one measurement, in one unit."""

    n: int
    median: float | None
    p95: float | None
    most: float | None

    @classmethod
    def of(cls, values: Iterable[float]) -> "Sample":
        found = list(values)
        if not found:
            return cls(0, None, None, None)
        return cls(len(found), statistics.median(found), percentile(found, 0.95), max(found))


def ratio(value: float | None, baseline: float | None) -> float | None:
    """How many times the baseline; None where one of them was not measured, or the baseline is nothing."""
    return None if value is None or not baseline else value / baseline


def verdict(value: float | None, most: float) -> str:
    """`met` up to `most`, else `MISSED`; `not measured` without a value."""
    if value is None:
        return "not measured"
    return "met" if value <= most else "MISSED"


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows in columns: texts to the left, numbers to the right; a Chinese character takes two places."""
    cells = [[_shown(cell) for cell in row] for row in rows]
    numeric = [
        all(_is_number(row[i]) for row in cells) and bool(cells) for i in range(len(headers))
    ]
    widths = [
        max([_width(header), *(_width(row[i]) for row in cells)])
        for i, header in enumerate(headers)
    ]

    def line(row: Sequence[str]) -> str:
        padded = (
            " " * (width - _width(cell)) + cell if right else cell + " " * (width - _width(cell))
            for cell, width, right in zip(row, widths, numeric, strict=True)
        )
        return "  ".join(padded).rstrip()

    return "\n".join([line(headers), line(["-" * width for width in widths]), *map(line, cells)])


def times(value: float | None) -> str:
    """A ratio as it is printed."""
    return NOTHING if value is None else f"{value:.2f}x"


def environment() -> dict[str, Any]:
    """The machine and the versions that the figures are of."""
    with Path("/proc/meminfo").open(encoding="ascii") as file:
        memory = int(file.readline().split()[1]) / 1024
    return {
        "measured_at": datetime.now().isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": round(memory),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "load_average_at_start": load_average(),
    }


def load_average() -> list[float]:
    """Processes that wanted a core, over 1, 5 and 15 minutes: others on the machine make every figure larger."""
    return [round(value, 2) for value in os.getloadavg()]


def write(name: str, results: dict[str, Any]) -> Path:
    """Write the results as json to `bench/out/`, named by the benchmark and the moment; gives the file."""
    OUT.mkdir(exist_ok=True)
    file = OUT / f"{datetime.now():%Y%m%d-%H%M%S}-{name}.json"
    file.write_text(
        json.dumps(results, ensure_ascii=False, indent=2, default=asdict), encoding="utf-8"
    )
    return file


def headline(facts: dict[str, Any]) -> str:
    """One line about the machine, for the top of what is printed."""
    loads = " ".join(f"{value:g}" for value in facts["load_average_at_start"])
    return (
        f"{facts['cores']} cores, {facts['memory_mb'] / 1024:.1f} GB, Python {facts['python']}, "
        f"Streamlit {facts['streamlit']}, DuckDB {facts['duckdb']}; load average at the start {loads}"
    )


def _shown(cell: Any) -> str:
    if cell is None:
        return NOTHING
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def _is_number(text: str) -> bool:
    return (
        text == NOTHING or text.rstrip("x").replace(",", "").replace(".", "").lstrip("-").isdigit()
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
