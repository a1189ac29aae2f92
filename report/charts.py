"""Charts of the figures in benchmarks; a figure that is missing is left out.

A chart is a table with a picture in each row, or a row of small pictures with the table
behind them, so each figure can also be read as text.  Pictures are SVG with positions in per
cent and text in pixels: they fit any width, and their text keeps its size.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from report.formats import Bench, Row
from report.html import Child, Markup, h

__all__ = ["charts", "number"]

Series = dict[str, dict[float, float]]

_UNITS = {"s": "s", "ms": "ms", "us": "µs", "ns": "ns", "mib": "MiB"}
NO_BREAK = "\u2011"  # a hyphen at which no line ends

_PERCENTILES = (("p50_us", "p50"), ("p99_us", "p99"), ("p999_us", "p99.9"))

# A picture of more would be noise, and the page has a limit.
_MOST = 30


def number(value: float) -> str:
    """Return *value* in three digits, or in thousands with thin spaces."""
    if value == 0:
        return "0"
    if abs(value) >= 1e15 or abs(value) < 1e-4:
        return f"{value:.2e}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}".replace(",", "\u202f")


def _short(value: float) -> str:
    """Return a power of ten for an axis."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _bytes(size: float) -> str:
    """Return a message size with a unit: 64 KiB."""
    for unit, letter in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:g}\u00a0{letter}"
    return f"{size:g}\u00a0B"


def _get(row: Row, key: str) -> float | None:
    """Return the positive figure *key* of *row*, or None."""
    value = row.info.get(key)
    return value if isinstance(value, float) and value > 0 else None


def _percent(value: float) -> str:
    return f"{value:.1f}%"


@dataclass(frozen=True)
class _Log:
    """A logarithmic axis from *low* to *high*, in per cent of its length."""

    low: float
    high: float

    @classmethod
    def around(cls, values: Iterable[float]) -> "_Log":
        seen = list(values)
        low, high = math.log10(min(seen)), math.log10(max(seen))
        room = max(0.04 * (high - low), 0.05)
        return cls(low - room, high + room)

    def at(self, value: float) -> float:
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


def _heading(title: str, unit: str, bench: Bench) -> Child:
    return h(
        "figcaption",
        h("strong", title),
        h("small", f"{unit}. {bench.machine}; {bench.date.replace('-', NO_BREAK)}."),
    )


def _is_floor(name: str) -> bool:
    return name in {"floor", "plain loop"} or name.startswith("C ")


def _row_class(name: str) -> str | None:
    return "floor" if _is_floor(name) else None


@dataclass(frozen=True)
class _Ratio:
    """A figure that is a ratio, its column, and what it is."""

    key: str
    head: str
    unit: str
    more: bool = False  # is better


_RATIOS = (
    _Ratio(
        "x_floor",
        "×\u00a0floor",
        "Times the floor (bare fork and waitpid, measured beside it), and the median in ms; "
        "less is better",
    ),
    _Ratio(
        "redis_over_it",
        "Redis\u00a0×",
        "How many times as long Redis takes for the same, measured beside it, and the median "
        "in ms; more is better",
        more=True,
    ),
)


def _bars(what: _Ratio, group: str, rows: Sequence[Row], bench: Bench, key: str) -> Markup:
    """Draw bars from zero, with a line at one."""
    ratios = sorted(
        (x, row.name, i, row) for i, row in enumerate(rows) if (x := _get(row, what.key))
    )
    ratios = (ratios[::-1] if what.more else ratios)[:_MOST]
    longest = 1.04 * max(1.0, *(x for x, *_ in ratios))
    one = _percent(100 / longest)
    forks = any((_get(row, "forks") or 0) > (_get(row, "workers") or 0) for row in rows)
    line = h("line", x1=one, x2=one, y1="-60%", y2="160%", class_="one", id=key)
    body = []
    for x, name, _, row in ratios:
        same = _get(row, "x_floor_of_as_many_forks")
        more = same if (_get(row, "forks") or 0) > (_get(row, "workers") or 0) else None
        bar = [h("rect", width=_percent(100 * (x / longest))), line]
        line = h("use", href=f"#{key}")
        if more:
            at = _percent(100 * more / longest)
            bar.append(h("line", x1=at, x2=at, y2="100%", class_="same"))
        body.append(
            h(
                "tr",
                h("th", name, scope="row"),
                h("td", h("svg", bar, class_="bar", aria_hidden="true")),
                h("td", f"{x:.2f}"),
                h("td", f"{more:.2f}" if more else "") if forks else None,
                h("td", number(1000 * row.median)),
                class_=_row_class(name),
            )
        )
    head = h(
        "tr",
        h("th", "transport", scope="col"),
        h("td"),
        h("th", what.head, scope="col"),
        h("th", "same forks", scope="col") if forks else None,
        h("th", "ms", scope="col"),
    )
    return h(
        "figure",
        _heading(group or "overhead", what.unit, bench),
        h("table", h("thead", head), h("tbody", body), class_="chart bars"),
    )


def _latency(group: str, rows: Sequence[Row], bench: Bench, key: str) -> Markup:
    """Draw a line from the median to the 99.9th percentile, on a log axis."""
    have = {row.name: row for row in rows if _get(row, "p50_us")}
    ordered = sorted(have.values(), key=lambda row: _get(row, "p50_us") or 0)[:_MOST]
    keys = [(k, name) for k, name in _PERCENTILES if any(_get(r, k) for r in ordered)]
    values = [v for row in ordered for k, _ in keys if (v := _get(row, k))]
    over_c = any(_get(row, "x_c") for row in ordered)
    axis = _Log.around(values)
    ticks = [(t, _percent(axis.at(t))) for t in axis.ticks(3)]
    lines = [h("line", x1=x, x2=x, y1="-60%", y2="160%") for _, x in ticks]
    grid = h("g", lines, class_="grid", id=key)
    body = []
    for row in ordered:
        points = [(k, v) for k, _ in keys if (v := _get(row, k))]
        low, high = (_percent(axis.at(f([v for _, v in points]))) for f in (min, max))
        marks: list[Child] = [h("line", x1=low, x2=high, y1="50%", y2="50%")]
        for k, v in points:
            x = _percent(axis.at(v))
            if k == "p50_us":
                marks.append(h("circle", cx=x, r=4.5))
            elif k == "p99_us":
                marks.append(h("circle", cx=x, r=3.5, class_="hollow"))
            else:
                marks.append(h("line", x1=x, x2=x, y1="15%", y2="85%"))
        body.append(
            h(
                "tr",
                h("th", row.name, scope="row"),
                h("td", h("svg", grid, marks, class_="dots", aria_hidden="true")),
                [h("td", number(v) if (v := _get(row, k)) else "–") for k, _ in keys],
                h("td", f"{c:.2f}" if (c := _get(row, "x_c")) else "–") if over_c else None,
                class_=_row_class(row.name),
            )
        )
        grid = h("use", href=f"#{key}")
    labels = [h("text", _short(t), x=x, y="75%", text_anchor="middle") for t, x in ticks]
    head = h(
        "tr",
        h("th", "transport", scope="col"),
        h("td", h("svg", labels, class_="dots", aria_hidden="true")),
        [h("th", name, scope="col") for _, name in keys],
        h("th", "×\u00a0C", scope="col") if over_c else None,
    )
    unit = "µs, log axis: ● median, ○ 99th percentile, ❘ 99.9th; less is better"
    return h(
        "figure",
        _heading(group, unit, bench),
        h("table", h("thead", head), h("tbody", body), class_="chart"),
    )


@dataclass(frozen=True)
class _Axes:
    """What the two axes of small pictures are, and how their figures are written."""

    title: str
    x: str
    y: str
    sizes: bool = False
    best: bool = True  # the highest figure, not the lowest, stands in the caption

    def spell(self, x: float) -> str:
        """Write a figure of the horizontal axis."""
        return _bytes(x) if self.sizes else _short(x)


def _symbol(points: Mapping[float, float], xs: _Log, ys: _Log, key: str) -> Markup:
    """Draw a line and its dots, to be used in grey and in colour.

    A dot is a line of length zero with round ends: scaling an axis does not change its width.
    """
    places = [(10 * xs.at(x), 1000 - 10 * ys.at(y)) for x, y in sorted(points.items())]
    return h(
        "symbol",
        h("polyline", points=" ".join(f"{x:.0f},{y:.0f}" for x, y in places)),
        h("path", d="".join(f"M{x:.0f},{y:.0f}h0" for x, y in places)),
        id=key,
        viewBox="0 0 1000 1000",
        preserveAspectRatio="none",
    )


def _figures(axes: _Axes, tables: Sequence[tuple[str, Series]]) -> Markup:
    """Make the table behind small pictures; a part of it for each of *tables*."""
    xs = sorted({x for _, series in tables for points in series.values() for x in points})[:_MOST]
    bodies = []
    for title, series in tables:
        rows = [
            h(
                "tr",
                h("th", name, scope="row"),
                [h("td", number(y) if (y := points.get(x)) else "–") for x in xs],
            )
            for name, points in list(series.items())[:_MOST]
        ]
        head = h("th", h("span", title), scope="rowgroup", colspan=1 + len(xs), class_="family")
        bodies.append(h("tbody", h("tr", head), rows))
    heads: list[Child] = [
        h("th", axes.x, scope="col"),
        [h("th", axes.spell(x), scope="col") for x in xs],
    ]
    table = h("table", h("thead", h("tr", heads)), bodies, class_="n")
    label = f"{axes.title}, figures"
    return h("div", table, class_="scroll", tabindex=0, role="group", aria_label=label)


def _multiples(
    axes: _Axes,
    series: Series,
    more: Sequence[tuple[str, Series]],
    bench: Bench,
    key: str,
    detail: int,
) -> Markup:
    """Draw a small picture for each of *series*, with all the others in grey behind it.

    more: titles and further figures, for the table.
    """
    names = list(series)[:_MOST]
    xs = _Log.around(x for name in names for x in series[name])
    ys = _Log.around(y for name in names for y in series[name].values())
    every_x = sorted({x for name in names for x in series[name]})
    middle = every_x[len(every_x) // 2 : len(every_x) // 2 + 1] if len(every_x) > 4 else []
    labelled = sorted({every_x[0], *middle, every_x[-1]})
    ticks = [(t, _percent(100 - ys.at(t))) for t in ys.ticks()]
    frame: list[Child] = [
        [_symbol(series[name], xs, ys, f"{key}-{i}") for i, name in enumerate(names)],
        [h("line", x2="100%", y1=y, y2=y) for _, y in ticks],
        [h("text", _short(t), x=-6, y=y, dy=".32em", text_anchor="end") for t, y in ticks],
        [
            h("text", axes.spell(x), x=_percent(xs.at(x)), y="100%", dy=14, text_anchor="middle")
            for x in labelled
        ],
        [h("use", href=f"#{key}-{i}") for i in range(len(names))],
    ]
    pictures = []
    for i, name in enumerate(names):
        best = (max if axes.best else min)(series[name].items(), key=lambda point: point[1])
        at = f"{axes.spell(best[0])}{'' if axes.sizes else f' {axes.x}'}"
        most = f"{number(best[1])}\u00a0{axes.y} at {at}"
        shared = h("g", frame, id=key, class_="grid") if i == 0 else h("use", href=f"#{key}")
        own = h("use", href=f"#{key}-{i}", class_="own")
        picture = h("svg", shared, own, class_="plot", aria_hidden="true")
        pictures.append(h("li", h("p", h("b", name), " ", h("small", most)), picture))
    tables = [(axes.y, series), *more][: (0, 1, None)[detail]]
    better = "more" if axes.best else "less"
    unit = f"{axes.y} against {axes.x}, log axes, the others in grey; {better} is better"
    return h(
        "figure",
        _heading(axes.title, unit, bench),
        h("ul", pictures, class_="many"),
        h("details", h("summary", "All figures"), _figures(axes, tables)) if tables else None,
        class_="wide",
    )


def _unit(key: str) -> str:
    """Return the unit that a name such as us_per_worker or per_term_ns ends or begins with."""
    words = re.split(r"[_\W]+", key.lower())
    return next((_UNITS[word] for word in words if word in _UNITS), "")


def _collect(rows: Iterable[Row], x: str, y: str) -> Series:
    series: Series = {}
    for row in rows:
        at, value = _get(row, x), _get(row, y)
        if at and value:
            series.setdefault(row.name, {})[at] = value
    return {
        name: points
        for name, points in sorted(series.items(), key=lambda item: (_is_floor(item[0]), item[0]))
        if len(points) > 1
    }


def _throughput(rows: Sequence[Row], bench: Bench, key: str, detail: int) -> list[Markup]:
    size = next((k for k in ("size", "size_bytes", "bytes") if any(_get(r, k) for r in rows)), "")
    moving = [row for row in rows if _get(row, size) and _get(row, "mib_per_s")]
    tables: list[tuple[str, Series]] = []
    for workers in sorted({_get(row, "workers") or 0 for row in moving}):
        of = [row for row in moving if (_get(row, "workers") or 0) == workers]
        who = f", {workers:g} worker{'s' if workers > 1 else ''}" if workers else ""
        for y, unit in (
            ("mib_per_s", "MiB/s"),
            ("messages_per_s", "messages/s"),
            ("x_c", "times as long as the same in C"),
        ):
            if series := _collect(of, size, y):
                tables.append((f"{unit}{who}", series))
    if not tables:
        return []
    (first, series), *more = tables
    axes = _Axes("throughput" + first.removeprefix("MiB/s"), "message size", "MiB/s", sizes=True)
    return [_multiples(axes, series, more, bench, f"{key}-t", detail)]


def _scaling(rows: Sequence[Row], bench: Bench, key: str, detail: int) -> list[Markup]:
    """Cost per worker against workers and per term against terms, with the memory of each."""
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
        y = next((k for k in names if part_of_name in k and "rss" not in k), "")
        # The first table in which x varies, else all of them together.
        part = next((part for part in parts if _collect(part, x, y)), None)
        if part is None:
            continue
        tables = (
            ("× floor", _collect(part, x, _SCALED)),
            ("peak memory, MiB", _collect(part, x, rss)),
        )
        more = [(head, series) for head, series in tables if series]
        axes = _Axes(title, "terms" if x == "n" else x, _unit(y), best=False)
        found.append(_multiples(axes, _collect(part, x, y), more, bench, f"{key}-{x[0]}", detail))
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
            if "x_floor" in info:
                info[_SCALED] = info.pop("x_floor")
    return Row(row.group, row.name, row.median, info)


def charts(bench: Bench, key: str, detail: int = 2) -> list[Markup]:
    """Return the charts that the figures of *bench* allow; *key* begins the ids in them.

    detail: 2 for all figures behind the small pictures, 1 for those drawn, 0 for none.
    """
    rows = [_with_cost(row) for row in bench.rows]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    found = [
        _bars(what, group, of, bench, f"{key}-b{i}{j}")
        for j, what in enumerate(_RATIOS)
        for i, (group, of) in enumerate(groups.items())
        if any(_get(row, what.key) for row in of)
    ]
    found += [
        _latency(group, of, bench, f"{key}-l{i}")
        for i, (group, of) in enumerate(groups.items())
        if any(_get(row, "p50_us") for row in of)
    ]
    return [
        *found,
        *_throughput(rows, bench, key, detail),
        *_scaling(rows, bench, key, detail),
    ]
