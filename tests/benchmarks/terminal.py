"""The tables of benchmarks as text for a terminal of 80 columns."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from report.formats import Row
from report.which import INTERVAL, Choice, ratio_of
from tests.benchmarks import load_tables
from tests.benchmarks.cells import WIDTH, fitted, three, wrapped

# The tables that are always printed, by how their titles begin, in this order.
MAIN = (
    "end to end: 10 000 000 terms, 10 workers",
    "overhead: 10 workers, one term each",
    "overhead: 64 workers, one term each",
    "round trip of 8 bytes, to a worker and back, on one core",
    "round trip of 8 bytes, to a worker and back, on two cores",
    "messages of    64 B from 1 worker, on two cores",
    "messages of    64 B from 8 workers",
    "messages of   1 MiB from 1 worker, on two cores",
)

_Spelled = Callable[[Row], str]


@dataclass(frozen=True)
class Column:
    """A column: its head, how wide it is, how a figure is spelled, and what it is in words."""

    head: str
    width: int
    spell: _Spelled
    words: str


def _number(key: str, form: str) -> _Spelled:
    def spell(row: Row) -> str:
        value = row.info.get(key)
        return format(value, form) if isinstance(value, float) else "-"

    return spell


def _ratio(key: str) -> _Spelled:
    def spell(row: Row) -> str:
        found = ratio_of(row, key)
        return three(found[0]) if found else "-"

    return spell


def _interval(key: str) -> _Spelled:
    def spell(row: Row) -> str:
        found = ratio_of(row, key)
        return f"{three(found[1])}-{three(found[2])}" if found else "-"

    return spell


def _median(times: float) -> _Spelled:
    return lambda row: f"{row.median * times:,.1f}"


_BETWEEN = f"interval: {INTERVAL}"
_FLOORS = {
    "run": "x floor, of runs: times the floor, the same forks and terms with no transport",
    "message": "x floor, of messages: times the floor, a pipe or shared memory driven from C,"
    " whichever is faster (in `messages of` also on one core)",
    "redis": "x Redis: times the same with Redis, whose server runs",
}


def _ratio_columns(kind: str) -> list[Column]:
    key, head = ("x_redis", "x Redis") if kind == "redis" else ("x_floor", "x floor")
    words = _FLOORS.get(kind, _FLOORS["message" if kind in {"latency", "stream"} else "run"])
    return [
        Column(head, 9, _ratio(key), words),
        Column("interval", 13, _interval(key), _BETWEEN),
    ]


_FIGURES = {
    "latency": [
        Column("p50 us", 10, _number("p50_us", ",.1f"), "p50: half of the messages were faster"),
        Column("p99 us", 10, _number("p99_us", ",.1f"), "p99: 99 of 100 messages were faster"),
    ],
    "stream": [
        Column("messages/s", 12, _number("messages_per_s", ",.0f"), ""),
        Column("MiB/s", 9, _number("mib_per_s", ",.1f"), ""),
    ],
    "run": [Column("ms", 10, _median(1e3), "ms: the median of a run")],
    "redis": [Column("ms", 10, _median(1e3), "ms: the median of a run")],
    "worker": [Column("us", 10, _median(1e6), "us: of one worker")],
    "term": [Column("ns", 10, _median(1e9), "ns: of one term")],
}
_PEAK = Column("peak MiB", 10, _number("peak_rss_mib", ".1f"), "peak MiB: memory of a worker")
_MORE = {
    "latency": [
        Column("p99.9", 9, _number("p999_us", ",.0f"), "p99.9: 999 of 1000 messages were faster"),
        Column("x C", 7, _ratio("x_c"), "x C: times the same mechanism driven from C"),
    ],
    "stream": [Column("x C", 7, _ratio("x_c"), "x C: times the same mechanism driven from C")],
    "worker": [_PEAK],
    "term": [_PEAK],
}


def _kind(row: Row) -> str:
    kind = row.info.get("kind")
    return kind if isinstance(kind, str) and kind in _FIGURES else "run"


def _columns(kind: str, more: bool) -> list[Column]:
    return [*_ratio_columns(kind), *_FIGURES[kind], *(_MORE.get(kind, []) if more else [])]


def table(title: str, rows: Sequence[Row], more: bool = False) -> list[str]:
    """Return the lines of a table, its rows by rank, those of one rank by their figure.

    more: with the columns that only --all-tables shows.
    """
    if (other := load_tables.lines_of(title, rows)) is not None:
        return other
    columns = _columns(_kind(rows[0]), more)
    room = WIDTH - 6 - sum(column.width for column in columns)
    widest = min(room, max(len(row.name) for row in rows))
    heads = "".join(f"{column.head:>{column.width}}" for column in columns)
    lines = [" ".join(title.split()), f"rank  {'':{widest}}{heads}"]
    for row in sorted(rows, key=_place):
        rank = row.info.get("rank")
        shown = f"{rank:4.0f}" if isinstance(rank, float) else "   -"
        name = fitted(row.name, widest)
        figures = "".join(f"{column.spell(row):>{column.width}}" for column in columns)
        lines.append(f"{shown}  {name:{widest}}{figures}")
    return lines


def _place(row: Row) -> tuple[float, float]:
    """Return by what rows are sorted: those without a rank stand last, by their time."""
    rank, p50 = row.info.get("rank"), row.info.get("p50_us")
    if not isinstance(rank, float):
        return float("inf"), row.median
    ratio = ratio_of(row) or ratio_of(row, "x_redis")
    return rank, p50 if isinstance(p50, float) else ratio[0] if ratio else row.median


def _size(title: str) -> tuple[str, float]:
    """Return by what tables are sorted: sizes and counts in their order, not as text."""
    units = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20}
    words = title.split()
    if title.startswith("messages of "):
        return f"messages {' '.join(words[4:])}", float(words[2]) * units[words[3]]
    return title, 0.0


def chosen(rows: Sequence[Row], everything: bool) -> tuple[dict[str, list[Row]], int]:
    """Return the tables to print, by their titles, and how many more there are.

    Without *everything* these are the main ones, or all where there are no more than of these.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    ordered = sorted(groups, key=_size)
    main = [title for title in MAIN if title in groups]
    titles = main if main and len(groups) > len(MAIN) and not everything else ordered
    titles = titles if everything else titles[: len(MAIN)]
    return {title: groups[title] for title in titles}, len(groups) - len(titles)


def legend(tables: dict[str, list[Row]], more: bool = False) -> list[str]:
    """Return lines that say what the columns of *tables* are, and the names of the floors."""
    words: list[str] = []
    for rows in tables.values():
        if any("rank" in row.info for row in rows):
            words.append("rank: rows whose intervals overlap that of the first of a rank share it")
        other = load_tables.legend(rows)
        words += other or [column.words for column in _columns(_kind(rows[0]), more)]
    names = {row.name for rows in tables.values() for row in rows}
    for name, text in (
        ("plain loop", "plain loop: the floor, with the sum written as a simple loop"),
        (
            "floor and a guardian",
            "floor and a guardian: the floor with one more process, as some fork",
        ),
    ):
        words += [text] * (name in names)
    if any(name.endswith(" cold") for name in names):
        words.append("cold: another library, set up inside of the time, as a transport is")
    return [line for text in filter(None, dict.fromkeys(words)) for line in wrapped(text, "  ")]


def screen(found: Sequence[Choice]) -> list[str]:
    """Return the lines of "Which one?"."""
    widths = (16, 15, 27, 19)

    def lines(*cells: str) -> list[str]:
        parts = [
            textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, widths, strict=True)
        ]
        most = max(map(len, parts))
        whole = [[*part, *[""] * (most - len(part))] for part in parts]
        texts = (
            " ".join(f"{c:{w}}" for c, w in zip(r, widths, strict=True))
            for r in zip(*whole, strict=True)
        )
        return [text.rstrip() for text in texts]

    shown = lines("need", "take", "why", "within noise of it")
    for each in found:
        shown += lines(each.need, each.pick, each.why, each.others or "-")
    return shown
