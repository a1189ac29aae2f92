"""Charts that are a row of small pictures, one a transport, with the table behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from report.html import Child, Markup, h
from report.page.axes import MOST, Log, heading, in_bytes, number, percent, short
from report.page.parts import group_head, scroll
from report.which import INTERVAL

__all__ = ["Axes", "Series", "multiples"]

Series = dict[str, dict[float, float]]
"""Of each name its figures: y by x."""

Spans = dict[str, dict[float, tuple[float, float]]]
"""Of each name the intervals of its figures: the ends by x."""


@dataclass(frozen=True)
class Axes:
    """What the two axes of small pictures are, and how their figures are written."""

    title: str
    x: str
    y: str
    sizes: bool = False
    more: bool = True  # is better

    def spell(self, x: float) -> str:
        """Write a figure of the horizontal axis."""
        return in_bytes(x) if self.sizes else short(x)


def _symbol(
    points: Mapping[float, float],
    spans: Mapping[float, tuple[float, float]],
    xs: Log,
    ys: Log,
    key: str,
) -> Markup:
    """Draw a line, its dots and their intervals, to be used in grey and in colour.

    A dot is a line of length zero with round ends: scaling an axis does not change its width.
    """
    places = [(10 * xs.at(x), 1000 - 10 * ys.at(y)) for x, y in sorted(points.items())]
    ends = [(10 * xs.at(x), *(1000 - 10 * ys.at(end) for end in spans[x])) for x in sorted(spans)]
    lines = "".join(f"M{x:.0f},{low:.0f}V{high:.0f}" for x, low, high in ends)
    return h(
        "symbol",
        h("path", d=lines, class_="span") if lines else None,
        h("polyline", points=" ".join(f"{x:.0f},{y:.0f}" for x, y in places)),
        h("path", d="".join(f"M{x:.0f},{y:.0f}h0" for x, y in places)),
        id=key,
        viewBox="0 0 1000 1000",
        preserveAspectRatio="none",
    )


def _figures(axes: Axes, tables: Sequence[tuple[str, Series]]) -> Markup:
    """Make the table behind small pictures; a part of it for each of *tables*."""
    xs = sorted({x for _, series in tables for points in series.values() for x in points})[:MOST]
    bodies = []
    for title, series in tables:
        rows = [
            h(
                "tr",
                h("th", name, scope="row"),
                [h("td", number(y) if (y := points.get(x)) else "–") for x in xs],
            )
            for name, points in list(series.items())[:MOST]
        ]
        bodies.append(h("tbody", h("tr", group_head(title, 1 + len(xs))), rows))
    heads: list[Child] = [
        h("th", axes.x, scope="col"),
        [h("th", axes.spell(x), scope="col") for x in xs],
    ]
    table = h("table", h("thead", h("tr", heads)), bodies, class_="n")
    return scroll(f"{axes.title}, figures", table)


def multiples(
    axes: Axes,
    series: Series,
    more: Sequence[tuple[str, Series]],
    key: str,
    detail: int,
    spans: Spans | None = None,
) -> Markup:
    """Draw a small picture for each of *series*, with all the others in grey behind it.

    more: titles and further figures, for the table.
    spans: the intervals of *series*, where it has any.
    """
    spans = spans or {}
    names = list(series)[:MOST]
    xs = Log.around(x for name in names for x in series[name])
    ends = [end for name in names for span in spans.get(name, {}).values() for end in span]
    ys = Log.around([*(y for name in names for y in series[name].values()), *ends])
    every_x = sorted({x for name in names for x in series[name]})
    middle = every_x[len(every_x) // 2 : len(every_x) // 2 + 1] if len(every_x) > 4 else []
    # The figures beside the names can be compared only at one x.
    same = max((x for x in every_x if all(x in series[name] for name in names)), default=None)
    labelled = sorted({every_x[0], *middle, every_x[-1]})
    ticks = [(t, percent(100 - ys.at(t))) for t in ys.ticks()]
    frame: list[Child] = [
        [
            _symbol(series[name], spans.get(name, {}), xs, ys, f"{key}{i}")
            for i, name in enumerate(names)
        ],
        [h("line", x2="100%", y1=y, y2=y) for _, y in ticks],
        [h("text", short(t), x=-6, y=y, dy=".32em", text_anchor="end") for t, y in ticks],
        [
            h("text", axes.spell(x), x=percent(xs.at(x)), y="100%", dy=14, text_anchor="middle")
            for x in labelled
        ],
        [h("use", href=f"#{key}{i}") for i in range(len(names))],
    ]
    pictures = []
    for i, name in enumerate(names):
        x = same if same is not None else max(series[name])
        at = f"{axes.spell(x)}{'' if axes.sizes else f' {axes.x}'}"
        figure = f"{number(series[name][x])}\u00a0{axes.y} at {at}"
        shared = h("g", frame, id=key, class_="grid") if i == 0 else h("use", href=f"#{key}")
        own = h("use", href=f"#{key}{i}", class_="own")
        picture = h("svg", shared, own, class_="plot", aria_hidden="true")
        pictures.append(h("li", h("p", h("b", name), " ", h("small", figure)), picture))
    tables = [(axes.y, series), *more][: (0, 1, None)[detail]]
    better = "more" if axes.more else "less"
    unit = f"{axes.y} against {axes.x}, log axes, the others in grey; {better} is better"
    if spans:
        unit += f"; upright lines: {INTERVAL}"
    return h(
        "figure",
        heading(axes.title, unit),
        h("ul", pictures, class_="many"),
        h("details", h("summary", "All figures"), _figures(axes, tables)) if tables else None,
        class_="wide",
    )
