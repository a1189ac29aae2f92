"""What all charts share: how figures are written, logarithmic axes, captions."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from report.formats import Row
from report.html import Child, h
from report.which import is_floor

__all__ = [
    "MOST",
    "Log",
    "get",
    "heading",
    "in_bytes",
    "is_floor",
    "legend",
    "number",
    "percent",
    "row_class",
    "short",
]

# A picture of more would be noise, and the page has a limit.
MOST = 30


def number(value: float) -> str:
    """Return *value* in three digits, or in thousands with thin spaces."""
    if value == 0:
        return "0"
    if abs(value) >= 1e15 or abs(value) < 1e-4:
        return f"{value:.2e}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}".replace(",", "\u202f")


def short(value: float) -> str:
    """Return a power of ten for an axis."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def in_bytes(size: float) -> str:
    """Return a message size with a unit: 64 KiB."""
    for unit, letter in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:g}\u00a0{letter}"
    return f"{size:g}\u00a0B"


def get(row: Row, key: str) -> float | None:
    """Return the positive figure *key* of *row*, or None."""
    value = row.info.get(key)
    return value if isinstance(value, float) and value > 0 else None


def percent(value: float) -> str:
    """Write a length of *value* per cent."""
    return f"{round(value, 1):g}%"


@dataclass(frozen=True)
class Log:
    """A logarithmic axis from 10 ** *low* to 10 ** *high*."""

    low: float
    high: float

    @classmethod
    def around(cls, values: Iterable[float]) -> "Log":
        """Return the axis on which all *values* are, with some room at both ends."""
        seen = list(values)
        low, high = math.log10(min(seen)), math.log10(max(seen))
        room = max(0.04 * (high - low), 0.05)
        return cls(low - room, high + room)

    def at(self, value: float) -> float:
        """Return where *value* is, in per cent of the length of the axis."""
        return 100 * (math.log10(value) - self.low) / (self.high - self.low)

    def ticks(self, most: int = 4) -> list[float]:
        """Return powers of ten on the axis, or where there are not two, 1, 2, 5 of each."""
        first, last = math.ceil(self.low), math.floor(self.high)
        if last - first < 1:
            steps = [(d, e) for e in range(first - 1, last + 1) for d in (1, 2, 5)]
            found = [float(f"{d}e{e}") for d, e in steps]
            return [t for t in found if self.low <= math.log10(t) <= self.high][:6]
        step = math.ceil((last - first + 1) / most)
        return [10.0**e for e in range(first, last + 1, step)]


def heading(title: str, unit: str) -> Child:
    """Return the caption of a chart: what it is of, and in which *unit*."""
    return h("figcaption", h("strong", title), h("small", f"{unit}."))


def legend(sentences: list[str]) -> Child:
    """Return the line below a chart that says what its signs and names are."""
    return h("p", " ".join(sentences), class_="legend") if sentences else None


def row_class(name: str) -> str | None:
    """Return the class of the row of *name*, or None."""
    return "floor" if is_floor(name) else None
