"""The tables of latency under load and of break-even, as text for a terminal of 80 columns."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median_low
from types import MappingProxyType

from report.formats import Row
from tests.benchmarks import break_even
from tests.benchmarks.cells import WIDTH, fitted, three, wrapped
from tests.benchmarks.open_loop import LEVELS, QUANTILES, RANKED

_HEADS = {"p50": "p50 us", "p99": "p99 us", "p999": "p99.9 us", "max": "max us"}
_REACHED, _LOAD, _FIGURE, _X_C = 10, 6, 9, 6  # columns

SHOWN = (0, 5, 20, 100, 500)  # microseconds of work
_RATE = 10


def _figure(row: Row, key: str) -> float | None:
    value = row.info.get(key)
    return value if isinstance(value, float) else None


def _micro(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _count(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _by_rank(row: Row) -> tuple[float, float]:
    """Return by what rows are sorted: those without a rank stand last."""
    p99 = _figure(row, f"p99_us_at_{RANKED}")
    return _figure(row, "rank") or float("inf"), float("inf") if p99 is None else p99


def _load(title: str, rows: Sequence[Row]) -> list[str]:
    """Return the lines of a table of latency under load: of each row one for each level."""
    room = WIDTH - 6 - _REACHED - _LOAD - _FIGURE * len(QUANTILES) - _X_C
    widest = min(room, max(len(row.name) for row in rows))
    heads = "".join(f"{_HEADS[key]:>{_FIGURE}}" for key in QUANTILES)
    lines = [
        " ".join(title.split()),
        f"rank  {'':{widest}}{'reached/s':>{_REACHED}}{'load':>{_LOAD}}{heads}{'x C':>{_X_C}}",
    ]
    for row in sorted(rows, key=_by_rank):
        rank = _figure(row, "rank")
        start = f"{'-' if rank is None else f'{rank:.0f}':>4}  {fitted(row.name, widest):{widest}}"
        start += f"{_count(_figure(row, 'messages_per_s')):>{_REACHED}}"
        for level in LEVELS:
            times = (_micro(_figure(row, f"{key}_us_at_{level}")) for key in QUANTILES)
            ratio = _figure(row, f"x_c_p50_at_{level}")
            figures = "".join(f"{text:>{_FIGURE}}" for text in times)
            x_c = "-" if ratio is None else three(ratio)
            lines.append(f"{start}{f'{level} %':>{_LOAD}}{figures}{x_c:>{_X_C}}")
            start = " " * len(start)
    return lines


def _by_break_even(row: Row) -> tuple[float, float]:
    even = _figure(row, "break_even_us")
    return float("inf") if even is None else even, row.median


def _even(title: str, rows: Sequence[Row]) -> list[str]:
    """Return the lines of a table of break-even, the least first."""
    room = WIDTH - 12 - _RATE * len(SHOWN)
    widest = min(room, max(len(row.name) for row in rows))
    heads = "".join(f"{f'{work} us':>{_RATE}}" for work in SHOWN)
    over = " messages/s with this much work for each "
    lines = [
        " ".join(title.split()),
        f"{'':{widest}}{'break-even':>12} {over:-^{_RATE * len(SHOWN) - 1}}",
        f"{'':{widest}}{'':12}{heads}",
    ]
    for row in sorted(rows, key=_by_break_even):
        found = _figure(row, "break_even_us")
        text = f"> {break_even.WORK[-1]} us" if found is None else f"{found:.0f} us"
        rates = (_count(_figure(row, f"messages_per_s_with_{work}_us")) for work in SHOWN)
        cells = "".join(f"{rate:>{_RATE}}" for rate in rates)
        lines.append(f"{fitted(row.name, widest):{widest}}{text:>12}{cells}")
    return lines + _disturbed(rows)


def _disturbed(rows: Sequence[Row]) -> list[str]:
    """Return lines that say so if receivers could not compute all the time, or none.

    With the longest work they do little else, so what they lack others have had.
    """
    longest = break_even.WORK[-1]
    rates = [_figure(row, f"messages_per_s_with_{longest}_us") or 0.0 for row in rows]
    share = median_low(rates) * longest / 1e6
    if share >= break_even.NEAR:
        return []
    return wrapped(
        "Other programs took the processors: of half of these the receiver could compute in"
        f" {share * 100:.0f} % of the time or less. So these figures are too small, and break-even"
        " is too long or a matter of chance."
    )


_LINES: Mapping[str, Callable[[str, Sequence[Row]], list[str]]] = MappingProxyType(
    {"load": _load, "even": _even}
)


def lines_of(title: str, rows: Sequence[Row]) -> list[str] | None:
    """Return the lines of a table, or None for a table of another kind."""
    made_by = _LINES.get(str(rows[0].info.get("kind")))
    return made_by(title, rows) if made_by else None


_FLOOR = (
    "floor: a pipe or shared memory driven from C, whichever is faster. Where it has a high"
    " p99.9 or max, the machine was late, and not a channel"
)
_WORDS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "load": (
            "reached/s: messages a second if each is sent as soon as the channel has taken the one"
            " before",
            "load: how much of that is sent a second, at times that are known before; a message is"
            " never left out because the channel is late",
            "p50, p99, p99.9, max: from the time at which a message was to be sent until it was"
            " there, of the messages of all rounds; 99 of 100 took at most p99",
            f"The table is ordered by the p99 at {RANKED} %.",
            "x C: times the p50 of the same mechanism driven from C, at as large a part of its own"
            " rate, which is mostly higher: so this may be below 1",
        ),
        "even": (
            "break-even: from this much work on a channel has at least"
            f" {break_even.NEAR * 100:.0f} % of the messages a second that the fastest one has:"
            " then it does not matter which one is taken",
            "work: CPU time of the receiver, after it has a message and before it takes the next",
        ),
    }
)


def legend(rows: Sequence[Row]) -> list[str] | None:
    """Return what the columns of a table and its floor are, or None for one of another kind."""
    kind = str(rows[0].info.get("kind"))
    if kind not in _WORDS:
        return None
    floor = kind == "load" and any(row.name == "floor" for row in rows)
    return [*_WORDS[kind], *[_FLOOR] * floor]
