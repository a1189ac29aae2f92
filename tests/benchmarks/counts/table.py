"""The table of counts, in 80 columns."""

from collections.abc import Iterator
from typing import Any

from tests.benchmarks.counts.counted import Figures
from tests.benchmarks.counts.works import BULK, LARGE, RUN, SMALL, STREAM, TRIP, WORKERS, Work

WIDTH = 80
_NAME = 13
_NONE = "-"

# The columns of each work: heading, width, key.
_COLUMNS: dict[Work, tuple[str, tuple[tuple[str, int, str], ...]]] = {
    RUN: (
        f"run, {WORKERS} workers",
        (("calls", 6, "calls"), ("cpu us", 7, "cpu_us"), ("PSS KiB", 8, "pss_kib")),
    ),
    TRIP: (
        f"{SMALL} B there and back",
        (
            ("calls", 6, "calls"),
            ("bytes", 6, "bytes"),
            ("cpu us", 7, "cpu_us"),
            ("cs", 5, "switches"),
        ),
    ),
    STREAM: (f"{SMALL} B one way", (("calls", 6, "calls"), ("cpu us", 7, "cpu_us"))),
    BULK: (f"{LARGE >> 10} KiB", (("calls", 6, "calls"),)),
}

LEGEND = """\
calls: system calls of all processes, but those of memory; bytes: what they hand
to the kernel. Both are counted in one order of all calls, and are the same in
each run; a ~ is before those of processes that wait in memory that they share.
cpu us, cs: CPU time of both sides and context switches, on one core. PSS: the
memory of a worker, its part of what is shared. These differ from run to run.
Of a message: a mean."""


def each(work: Work, figures: dict[str, Any]) -> dict[str, float]:
    """Return the figures of one run, or of one message, for the table and for JSON."""
    found = {key: figures[key] for key in ("cpu_us", "switches")}
    if "calls" in figures:
        total = sum(sum(names.values()) for names in figures["calls"].values())
        found |= {"calls": total / work.times, "bytes": figures["bytes"] / work.times}
        if figures["pss_kib"] is not None:
            found["pss_kib"] = figures["pss_kib"]
    return {key: round(value, 3) for key, value in found.items()}


def lines(rows: dict[str, Figures]) -> Iterator[str]:
    """Yield the lines of the table, by the names of the transports."""
    yield _joined("", [_middle(words, _width(columns)) for words, columns in _COLUMNS.values()])
    heads = [[f"{head:>{width}}" for head, width, _ in c] for _, c in _COLUMNS.values()]
    yield _joined("", map("".join, heads))
    for name, figures in rows.items():
        yield _joined(name, [_cells(work, figures.works.get(work.key)) for work in _COLUMNS])
    for reason, names in _reasons(rows).items():
        yield f"no calls, bytes and PSS of {', '.join(names)}: {reason}"
    yield from LEGEND.splitlines()


def _reasons(rows: dict[str, Figures]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, figures in rows.items():
        if figures.no_counts:
            found.setdefault(figures.no_counts, []).append(name)
    return found


def _joined(name: str, parts: Any) -> str:
    return f"{name[:_NAME]:<{_NAME}}{' '.join(parts)}".rstrip()


def _width(columns: tuple[tuple[str, int, str], ...]) -> int:
    return sum(width for _, width, _ in columns)


def _middle(words: str, width: int) -> str:
    return f"{words:>{width}}" if len(words) + 1 >= width else f" {words:-^{width - 1}}"


def _cells(work: Work, figures: dict[str, Any] | None) -> str:
    _, columns = _COLUMNS[work]
    values = each(work, figures) if figures else {}
    moment = any("futex" in names for names in (figures or {}).get("calls", {}).values())
    cells = []
    for _, width, key in columns:
        text = _short(values[key], whole=work is RUN) if key in values else _NONE
        if moment and key == "calls":
            text = f"~{text}"
        cells.append(f"{text:>{width}}")
    return "".join(cells)


def _short(value: float, *, whole: bool) -> str:
    """Return a figure of a run as a whole number; of a message with up to three digits."""
    if whole or value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
