"""The section "Which one?": for each need what to take, as a picture of ratios."""

from report.formats import Bench
from report.html import Child, Markup, h
from report.noise import load_of, noise
from report.page.axes import MOST, Log, percent
from report.page.parts import scroll
from report.which import INTERVAL, Choice, choices

__all__ = ["choosing"]


def _picture(choice: Choice) -> Markup:
    """Draw a line for each that can do it: its interval, and a dot where its ratio is."""
    found = list(choice.ratios.items())[:MOST]
    axis = Log.around(end for _, ratio in found for end in ratio)
    marks: list[Child] = []
    for name, (ratio, low, high) in reversed(found):
        good = name == choice.pick or name in choice.within
        at = percent(axis.at(ratio))
        ends = percent(axis.at(low)), percent(axis.at(high))
        if good:
            marks.append(h("line", x1=ends[0], x2=ends[1], y1="50%", y2="50%"))
        kind = None if name == choice.pick else "hollow" if good else "other"
        marks.append(h("circle", cx=at, r=4.5 if name == choice.pick else 3.5, class_=kind))
    return h("svg", marks, class_="dots", aria_hidden="true")


def choosing(bench: Bench, machine: bool) -> Markup | None:
    """Return the table of needs that the figures of *bench* tell of, or None.

    machine: whether to name the machine, where there are several.
    """
    found = choices(bench.rows)
    if not found:
        return None
    rows = [
        h(
            "tr",
            h("th", choice.need, scope="row"),
            h("td", h("b", choice.pick)),
            h("td", _picture(choice)),
            h("td", choice.why),
            h("td", choice.others or "\u2013"),
        )
        for choice in found
    ]
    heads = ("need", "take", "times the floor", "why", "within noise of it")
    head = h("tr", [h("th", word, scope="col") for word in heads])
    table = h("table", h("thead", head), h("tbody", rows), class_="which")
    signs = (
        "\u25cf what to take, \u25cb what is within noise of it, each with its interval: "
        f"{INTERVAL}; grey: the others. Log axis, less is better."
    )
    told = noise(bench.rows, load_of(bench.rounds)) if bench.rounds else ""
    note = h(
        "p",
        signs,
        f" {bench.machine}." if machine else None,
        f" {told[:1].upper()}{told[1:]}." if told else None,
        class_="note",
    )
    return h("div", scroll("Which one", table), note)
