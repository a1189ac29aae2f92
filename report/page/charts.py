"""Charts of the figures in benchmarks; a figure that is missing is left out.

A chart is a table with a picture in each row, or a row of small pictures with the table
behind them, so each figure can also be read as text.  Pictures are SVG with positions in per
cent and text in pixels: they fit any width, and their text keeps its size.
"""

import re
from collections.abc import Iterable, Sequence

from report.formats import Bench, Row
from report.html import Markup
from report.page.axes import get, is_floor
from report.page.multiples import Axes, Series, Spans, multiples
from report.page.rows import RATIOS, bars, latency
from report.which import ratio_of

__all__ = ["charts"]

_UNITS = {"s": "s", "ms": "ms", "us": "µs", "ns": "ns", "mib": "MiB"}


def _unit(key: str) -> str:
    """Return the unit that a name such as us_per_worker or per_term_ns ends or begins with."""
    words = re.split(r"[_\W]+", key.lower())
    return next((_UNITS[word] for word in words if word in _UNITS), "")


def _collect(rows: Iterable[Row], x: str, y: str) -> Series:
    series: Series = {}
    for row in rows:
        at, value = get(row, x), get(row, y)
        if at and value:
            series.setdefault(row.name, {})[at] = value
    return {
        name: points
        for name, points in sorted(series.items(), key=lambda item: (is_floor(item[0]), item[0]))
        if len(points) > 1
    }


def _spans(rows: Iterable[Row], x: str, y: str) -> Spans:
    """Return the intervals of the ratio *y* by name and *x*."""
    spans: Spans = {}
    for row in rows:
        at, ratio = get(row, x), ratio_of(row, y)
        if at and ratio and ratio[1] < ratio[2]:
            spans.setdefault(row.name, {})[at] = ratio[1:]
    return spans


def _where(row: Row) -> str:
    """Return from whom the messages of a table come, and where these are held: its title's end."""
    return row.group.partition(" from ")[2] or (
        f"{workers:g} worker{'s' * (workers > 1)}" if (workers := get(row, "workers")) else ""
    )


def _throughput(rows: Sequence[Row], key: str, detail: int) -> list[Markup]:
    size = next((k for k in ("size", "size_bytes", "bytes") if any(get(r, k) for r in rows)), "")
    moving = [row for row in rows if get(row, size) and get(row, "mib_per_s")]
    tables: list[tuple[str, Series]] = []
    for where in dict.fromkeys(sorted(map(_where, moving))):
        of = [row for row in moving if _where(row) == where]
        who = f", {where}" if where else ""
        for y, unit in (
            ("mib_per_s", "MiB/s"),
            ("messages_per_s", "messages/s"),
            ("x_floor", "times the floor"),
            ("x_c", "times the same in C"),
        ):
            if series := _collect(of, size, y):
                tables.append((f"{unit}{who}", series))
    if not tables:
        return []
    (first, series), *more = tables
    axes = Axes("throughput" + first.removeprefix("MiB/s"), "message size", "MiB/s", sizes=True)
    return [multiples(axes, series, more, f"{key}t", detail)]


def _scaling(rows: Sequence[Row], key: str, detail: int) -> list[Markup]:
    """Draw times the floor against workers and terms; the time and the memory are in the table."""
    found: list[Markup] = []
    names = dict.fromkeys(name for row in rows for name in row.info)
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    parts = [*groups.values(), list(rows)]
    rss = next((name for name in names if "rss" in name), "")
    for title, part_of_name, x in (
        ("cost per worker", "per_worker", "workers"),
        ("cost per term", "per_term", "n"),
    ):
        time = next((k for k in names if part_of_name in k and "rss" not in k), "")
        # The first table in which x varies, else all of them together.
        part = next((part for part in parts if _collect(part, x, time)), None)
        if part is None:
            continue
        part = [row for row in part if get(row, time)]
        what = "terms" if x == "n" else x
        # A time is of one moment of the machine, a ratio is not: it is drawn, if there is one.
        ratios, times = _collect(part, x, _SCALED), _collect(part, x, time)
        memory = [("peak memory, MiB", series)] if (series := _collect(part, x, rss)) else []
        if ratios:
            axes = Axes(title, what, "times the floor", more=False)
            more = [(f"{_unit(time)} each", times), *memory]
            spans = _spans(part, x, _SCALED) if detail else {}
            found.append(multiples(axes, ratios, more, f"{key}{x[0]}", detail, spans))
        else:
            axes = Axes(title, what, _unit(time), more=False)
            found.append(multiples(axes, times, memory, f"{key}{x[0]}", detail))
    return found


_SCALED = "x_floor of many"


def _with_cost(row: Row) -> Row:
    """Return *row* with the figure that its table is about under its name.

    In the tables of scaling, the time is that of one worker or of one term.
    """
    info = dict(row.info)
    for words, key, times in (
        ("cost of a worker", "us_per_worker", 1e6),
        ("cost of a term", "ns_per_term", 1e9),
    ):
        if row.group.startswith(words):
            info[key] = times * row.median
            for end in ("", "_low", "_high"):
                if f"x_floor{end}" in info:
                    info[f"{_SCALED}{end}"] = info.pop(f"x_floor{end}")
    return Row(row.group, row.name, row.median, info)


def _is_of_messages(row: Row) -> bool:
    """Tell whether *row* is of messages, which have charts of their own."""
    return "p50_us" in row.info or "mib_per_s" in row.info


def charts(bench: Bench, key: str, detail: int = 2) -> list[Markup]:
    """Return the charts that the figures of *bench* allow; *key* begins the ids in them.

    detail: 2 for all figures behind the small pictures, 1 for those drawn, 0 for none.
    """
    rows = [_with_cost(row) for row in bench.rows]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    found = [
        bars(what, group, of, f"{key}b{i}{j}", detail > 0)
        for j, what in enumerate(RATIOS)
        for i, (group, of) in enumerate(groups.items())
        if any(get(row, what.key) for row in of) and not any(map(_is_of_messages, of))
    ]
    found += [
        latency(group, of, f"{key}l{i}")
        for i, (group, of) in enumerate(groups.items())
        if any(get(row, "p50_us") for row in of)
    ]
    return [
        *found,
        *_throughput(rows, key, detail),
        *_scaling(rows, key, detail),
    ]
