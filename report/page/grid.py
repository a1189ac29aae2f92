"""The grid: a row for each transport, a column for each clause, and in each cell what was seen."""

from collections.abc import Sequence

from report.html import Child, Markup, h
from report.kinds import KINDS, MARKS, kind
from report.page.columns import Column
from report.page.parts import anchor, scroll

__all__ = ["grid"]

_CLASSES = {"skipped": "s", "not judged": "o", "passed in part": "o", "passed": None}


def _cell(column: Column, name: str, i: int, clause: str) -> Markup:
    verdict = column.support["transports"][name]["clauses"].get(clause)
    if verdict is None:
        return h("td")
    seen = kind(verdict)
    if seen in MARKS:
        return h("td", MARKS[seen], class_=_CLASSES[seen])
    return h("td", h("a", seen, href=f"#{anchor(i)}"), class_="f")


def _key() -> Markup:
    parts: list[Child] = []
    for name, text in KINDS.items():
        parts += ["; " if parts else "", h("b", MARKS.get(name, name)), f" {text}"]
    return h("p", parts, ". An empty cell was not run.", class_="note")


def grid(column: Column, names: Sequence[str], known: Sequence[str]) -> list[Markup]:
    """Return the grid of the transports *names* on one platform, and its key.

    known: the ids of all clauses.
    """
    run = {c for each in column.support["transports"].values() for c in each["clauses"]}
    clauses = [clause for clause in known if clause in run]
    heads = [h("th", text, scope="col") for text in ("transport", *clauses)]
    rows = [
        h(
            "tr",
            h("th", h("a", name, href=f"#{anchor(i)}"), scope="row"),
            [_cell(column, name, i, clause) for clause in clauses],
        )
        for i, name in enumerate(names)
    ]
    table = h("table", h("thead", h("tr", heads)), h("tbody", rows), class_="cells")
    return [scroll("What was seen, by transport and clause", table), _key()]
