"""Which transport to take for a need, computed from the benchmarks of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from report.formats import Row

__all__ = [
    "FOR_OTHERS",
    "INTERVAL",
    "LASTING",
    "NEEDS",
    "PLAIN",
    "SPINNING",
    "Choice",
    "Ratio",
    "choices",
    "is_floor",
    "ratio_of",
]

# What does not depend on speed, in the words of the transports themselves.
FOR_OTHERS = MappingProxyType(
    {
        "unix": "a name in the file system",
        "fifo": "opened by name",
        "tcp": "Any local user can connect",
        "sysv_mq": "Any process of the same user can find the queue",
    }
)
LASTING = MappingProxyType(
    {
        "file": "what was read of it stays",
        "sysv_mq": "it stays until somebody removes it",
    }
)
# Of the standard library of Python alone, on Linux, macOS and the BSDs.
PLAIN = MappingProxyType(
    dict.fromkeys(("pipe", "socketpair", "unix", "tcp", "fifo"), "takes no package")
    | {"tcp": "takes no package, and Windows has it too"}
)


INTERVAL = "in 95 of 100 cases, the ratio of another run lies in it"
"""What an interval is."""

Ratio = tuple[float, float, float]
"""A ratio and the ends of its interval."""

# Never recommended, however fast: a process that waits uses a whole processor.
SPINNING = frozenset({"shm_spinning"})


@dataclass(frozen=True)
class Need:
    """What somebody wants.

    tables: the titles of those that tell who is fastest; the first one that is there counts.
    those: which transports can do it, and why they can; None if all can.
    """

    name: str
    tables: tuple[str, ...]
    those: MappingProxyType[str, str] | None = None


_PLACES = (", on two cores", ", on one core", ", anywhere")


def _streams(*sizes: str) -> tuple[str, ...]:
    """Return the titles of the tables of messages of *sizes*, the first to come first."""
    return tuple(f"messages of {size} from 1 worker{place}" for size in sizes for place in _PLACES)


_ROUND_TRIP = tuple(f"round trip of 8 bytes, to a worker and back{place}" for place in _PLACES)
_SMALL = ("overhead: 10 workers, one term each", "overhead:  2 workers, one term each")

NEEDS = (
    Need("small results", _SMALL),
    Need("a stream of small messages", _streams("   64 B", "    8 B")),
    Need("large messages", _streams("  1 MiB", " 64 KiB")),
    Need("many workers", ("overhead: 64 workers, one term each",)),
    Need("both ways", _ROUND_TRIP),
    Need("unrelated processes", _ROUND_TRIP, FOR_OTHERS),
    Need("must survive a crash", _SMALL, LASTING),
    Need("other platforms", _ROUND_TRIP, PLAIN),
)


_NAMED = 5  # that are named of those within noise
_LARGE = 1 << 16  # bytes of a message from which its figure is bytes a second, not messages


@dataclass(frozen=True)
class Choice:
    """What to take for a need, why, and what could be taken as well: what is within noise of it.

    ratios: of all that can do it, by their names, with their intervals, the least first.
    """

    need: str
    pick: str
    why: str
    within: tuple[str, ...]
    ratios: Mapping[str, Ratio]

    @property
    def others(self) -> str:
        """What is within noise of the pick, in words."""
        if len(self.within) == len(self.ratios) - 1:
            return "all the others"
        more = len(self.within) - _NAMED
        named = ", ".join(self.within[: _NAMED if more > 1 else None])
        return f"{named} and {more} more" if more > 1 else named


def is_floor(name: str) -> bool:
    """Tell whether *name* is of what transports are compared with, and no transport."""
    return name.startswith(("floor", "C ")) or name == "plain loop"


def ratio_of(row: Row, name: str = "x_floor") -> Ratio | None:
    """Return a ratio of *row* and the ends of its interval, or None.

    A file of an earlier version has no interval: both ends are the ratio.
    """
    ratio, low, high = (row.info.get(name + end) for end in ("", "_low", "_high"))
    if not isinstance(ratio, float):
        return None
    return (
        ratio,
        low if isinstance(low, float) else ratio,
        high if isinstance(high, float) else ratio,
    )


def choices(rows: Sequence[Row]) -> list[Choice]:
    """Return a choice for each need that the tables of *rows* can tell of."""
    found = (_choice(need, rows) for need in NEEDS)
    return [choice for choice in found if choice is not None]


def _choice(need: Need, rows: Sequence[Row]) -> Choice | None:
    able = [
        (ratio, row)
        for row in rows
        if (ratio := ratio_of(row)) and not is_floor(row.name) and row.name not in SPINNING
        if need.those is None or row.name in need.those
    ]
    for title in need.tables:
        here = sorted(
            ((ratio, row) for ratio, row in able if row.group == title),
            key=lambda each: each[0],
        )
        if len(here) > 1:
            break
    else:
        return None
    (least, low, high), best = here[0]
    why = f"{least:.2f} x floor ({low:.2f}-{high:.2f}): {_figure(best)}"
    if need.those:
        why = f"{need.those[best.name]}; {why}"
    within = tuple(row.name for (_, theirs, _), row in here[1:] if theirs <= high)
    return Choice(need.name, best.name, why, within, {row.name: ratio for ratio, row in here})


def _figure(row: Row) -> str:
    """Return the figure of *row* that its table is about, with its unit."""
    p50, rate = row.info.get("p50_us"), row.info.get("mib_per_s")
    if isinstance(p50, float):
        return f"p50 {p50:.1f} us"
    if not isinstance(rate, float):
        return f"{row.median * 1e3:.1f} ms"
    each, size = row.info.get("messages_per_s"), row.info.get("size")
    if isinstance(each, float) and isinstance(size, float) and size < _LARGE:
        return f"{each:,.0f} messages/s"
    return f"{rate:,.0f} MiB/s"
