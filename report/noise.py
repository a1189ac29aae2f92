"""What differences of a run of benchmarks are noise: by what its floor differs from itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from report.formats import Row
from report.which import ratio_of

__all__ = ["load_of", "noise"]


def load_of(rounds: Mapping[str, Any]) -> str:
    """Return in words what "rounds" of a benchmark file says of the load of the machine."""
    before, after, cores = (rounds[key] for key in ("load_before", "load_after", "cores"))
    return f"load {before:.1f} before and {after:.1f} after, on {cores} cores"


def noise(rows: Sequence[Row], load: str) -> str:
    """Return the last line: what the floor differs from itself by, and so what is noise.

    load: of the machine, in words.
    """
    of_table = {}
    for row in rows:
        if (found := ratio_of(row, "floor_itself")) is not None:
            of_table[row.group] = 100 * max(abs(end - 1) for end in found)
    if not of_table:
        return f"{load}; no floor was measured, so nothing tells what is noise"
    ordered = sorted(of_table.values())
    middle, worst = ordered[len(ordered) // 2], max(of_table, key=of_table.__getitem__)
    text = f"{load}; two measurements of the floor differ by {_up_to(middle)}"
    if len(ordered) > 1:
        title = " ".join(worst.split())
        text += f" in half of the tables, and by {_up_to(of_table[worst])} in '{title}'"
    return f"{text}: smaller differences are noise"


def _up_to(per_cent: float) -> str:
    """Return a difference in words; of a large one the digits mean nothing."""
    return f"up to {per_cent:.0f} %" if per_cent < 1000 else "more than 1000 %"
