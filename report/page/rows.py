"""Charts that are a table with a picture in each row: bars of ratios, and latencies."""

from collections.abc import Sequence
from dataclasses import dataclass

from report.formats import Row
from report.html import Child, Markup, h
from report.page.axes import (
    MOST,
    Log,
    get,
    heading,
    legend,
    number,
    percent,
    row_class,
    short,
)
from report.which import INTERVAL, ratio_of

__all__ = ["RATIOS", "Ratio", "bars", "latency"]

_PERCENTILES = (("p50_us", "p50"), ("p99_us", "p99"), ("p999_us", "p99.9"))


@dataclass(frozen=True)
class Ratio:
    """A figure that is a ratio, its column, and what it is."""

    key: str
    head: str
    unit: str
    one: str  # what the figure 1 means
    more: bool = False  # is better


RATIOS = (
    Ratio(
        "x_floor",
        "×\u00a0floor",
        "Times the floor (the same forks and terms without a transport, measured in the same "
        "rounds), and the median in ms; less is better",
        "as long as the floor",
    ),
    Ratio(
        "redis_over_it",
        "Redis\u00a0×",
        "How many times as long Redis takes for the same, measured in the same rounds, and the "
        "median in ms; more is better",
        "Redis takes just as long",
        more=True,
    ),
)


_OVER_C = "×\u00a0C: how many times as long as the same mechanism driven from C."


def _signs(what: Ratio, names: Sequence[str], forks: bool, intervals: bool) -> list[str]:
    """Say what the signs and names in a chart of bars are.

    forks: whether it has a column for floors of as many forks, as files of earlier versions have.
    intervals: whether it has any.
    """
    found = [f"Dotted line: 1, {what.one}."]
    if forks:
        found.append(
            "Same forks, the light line: times a floor with as many forks, the guardian's too."
        )
    if intervals:
        found.append(f"The line at the end of a bar: {INTERVAL}.")
    if "floor and a guardian" in names:
        found.append("Floor and a guardian: with one process more, which some transports fork.")
    if "plain loop" in names:
        found.append("Plain loop: the floor, with the sum written as a simple loop.")
    return found


def bars(what: Ratio, group: str, rows: Sequence[Row], key: str, spans: bool = True) -> Markup:
    """Draw bars from zero, with a line at one, and the intervals if *spans*."""
    ratios = sorted(
        (x, row.name, i, row) for i, row in enumerate(rows) if (x := get(row, what.key))
    )
    ratios = (ratios[::-1] if what.more else ratios)[:MOST]
    ends = {i: ratio_of(row, what.key) for _, _, i, row in ratios if spans}
    most = [x for x, *_ in ratios] + [found[2] for found in ends.values() if found]
    longest = 1.04 * max(1.0, *most)
    intervals = any(found and found[1] < found[2] for found in ends.values())
    one = percent(100 / longest)
    forks = any((get(row, "forks") or 0) > (get(row, "workers") or 0) for row in rows)
    line = h("line", x1=one, x2=one, y1="-60%", y2="160%", class_="one", id=key)
    body = []
    for x, name, i, row in ratios:
        same = get(row, "x_floor_of_as_many_forks")
        more = same if (get(row, "forks") or 0) > (get(row, "workers") or 0) else None
        bar = [h("rect", width=percent(100 * (x / longest))), line]
        line = h("use", href=f"#{key}")
        if more:
            at = percent(100 * more / longest)
            bar.append(h("line", x1=at, x2=at, y2="100%", class_="same"))
        if (found := ends.get(i)) and found[1] < found[2]:
            low, high = (percent(100 * end / longest) for end in found[1:])
            bar.append(h("line", x1=low, x2=high, y1="50%", y2="50%", class_="span"))
        body.append(
            h(
                "tr",
                h("th", name, scope="row"),
                h("td", h("svg", bar, class_="bar", aria_hidden="true")),
                h("td", f"{x:.2f}"),
                h("td", f"{more:.2f}" if more else "") if forks else None,
                h("td", number(1000 * row.median)),
                class_=row_class(name),
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
        heading(group or "overhead", what.unit),
        h("table", h("thead", head), h("tbody", body), class_="chart bars"),
        legend(_signs(what, [name for _, name, *_ in ratios], forks, intervals)),
    )


def latency(group: str, rows: Sequence[Row], key: str) -> Markup:
    """Draw a line from the median to the 99.9th percentile, on a log axis."""
    have = {row.name: row for row in rows if get(row, "p50_us")}
    ordered = sorted(have.values(), key=lambda row: get(row, "p50_us") or 0)[:MOST]
    keys = [(k, name) for k, name in _PERCENTILES if any(get(r, k) for r in ordered)]
    values = [v for row in ordered for k, _ in keys if (v := get(row, k))]
    over_c = any(get(row, "x_c") for row in ordered)
    axis = Log.around(values)
    ticks = [(t, percent(axis.at(t))) for t in axis.ticks(3)]
    lines = [h("line", x1=x, x2=x, y1="-60%", y2="160%") for _, x in ticks]
    grid = h("g", lines, class_="grid", id=key)
    body = []
    for row in ordered:
        points = [(k, v) for k, _ in keys if (v := get(row, k))]
        low, high = (percent(axis.at(f([v for _, v in points]))) for f in (min, max))
        marks: list[Child] = [h("line", x1=low, x2=high, y1="50%", y2="50%")]
        for k, v in points:
            x = percent(axis.at(v))
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
                [h("td", number(v) if (v := get(row, k)) else "–") for k, _ in keys],
                h("td", f"{c:.2f}" if (c := get(row, "x_c")) else "–") if over_c else None,
                class_=row_class(row.name),
            )
        )
        grid = h("use", href=f"#{key}")
    labels = [h("text", short(t), x=x, y="75%", text_anchor="middle") for t, x in ticks]
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
        heading(group, unit),
        h("table", h("thead", head), h("tbody", body), class_="chart"),
        legend([_OVER_C] if over_c else []),
    )
