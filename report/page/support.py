"""The section Support: which level each transport has earned, and by which clauses."""

from collections.abc import Sequence

from report.clauses import FAMILIES
from report.html import Child, Markup, h
from report.page.columns import Column
from report.page.grid import grid
from report.page.parts import anchor, cut, group_head, ids, scroll
from report.results import Standing

__all__ = ["support"]

_KEY = {
    "basic": "Exact results, nothing left behind, bad arguments refused.",
    "robust": "And dead workers, interrupted callers, odd surroundings and scarce resources.",
    "hardened": "And nobody else gets in, or in the way.",
}


def _pips(states: Sequence[str]) -> Markup:
    """Draw a step for each level, the highest for the hardest: earned, failed or not judged."""
    marks = []
    for i, state in enumerate(states):
        x, top = 8 * i + 1, 9 - 4 * i
        if state == "fail":
            marks.append(h("path", d=f"M{x + 1},9l4,4m0,-4l-4,4"))
        else:
            marks.append(h("rect", class_=state, x=x, y=top, width=6, height=14 - top, rx=1))
    return h("svg", marks, class_="pips", viewBox="0 0 25 15", aria_hidden="true")


def _level(standing: Standing) -> Markup:
    """Return the level that was earned, or "none"."""
    states = list(standing.states.values())
    return h("span", _pips(states), h("b", standing.earned or "none"), class_="level")


def _lacks(standing: Standing) -> list[list[Child]]:
    """Return in phrases which clauses prevent a level, those that failed last."""
    found = [
        [*ids(clauses, 3, link), f" {what}"]
        for clauses, what, link in (
            (standing.not_judged, "not judged", True),
            (standing.missing, "not run", False),
            (standing.partial, "run in part", False),
        )
        if clauses
    ]
    if standing.failed:
        verb = " fails" if len(standing.failed) == 1 else " fail"
        found.append([h("span", *ids(standing.failed, 4), verb, class_="f")])
    return found


def _cell(column: Column, name: str, known: Sequence[str]) -> Markup:
    """Return what transport *name* has earned on a platform, in the table of platforms."""
    transport = column.support["transports"].get(name)
    if transport is None:
        return h("td", h("span", "not run", class_="no"))
    if (reason := transport["unsupported"]) is not None:
        return h(
            "td",
            h("details", h("summary", "unsupported", class_="no"), h("small", cut(reason))),
        )
    standing = Standing(transport, known)
    notes: list[Child] = [f"{standing.passed}/{standing.judged}"]
    if standing.skipped:
        notes.append(f" · {len(standing.skipped)} skipped")
    notes += [[h("br"), *phrase] for phrase in _lacks(standing)]
    return h("td", _level(standing), h("small", notes))


def _platforms(columns: Sequence[Column], names: Sequence[str], known: Sequence[str]) -> Markup:
    """Make the table of several platforms: a row for each transport, a column for each."""
    heads = [
        h(
            "th",
            h("a", column.name, href=f"#{column.key}"),
            h("small", column.facts()[0], h("br"), column.facts()[1]),
            scope="col",
        )
        for column in columns
    ]
    rows = [
        h(
            "tr",
            h("th", h("a", name, href=f"#{anchor(i)}"), scope="row"),
            [_cell(column, name, known) for column in columns],
        )
        for i, name in enumerate(names)
    ]
    head = h("tr", h("th", "transport", scope="col"), heads)
    table = h("table", h("thead", head), h("tbody", rows), class_="matrix")
    return scroll("Support by transport and platform", table)


def _family(standing: Standing) -> Markup:
    """Return the cell of a family of which *standing* is."""
    kind = "f" if standing.failed else None if standing.complete else "o"
    return h("td", standing.share(), class_=kind)


def _of_families(
    column: Column, name: str, known: Sequence[str], families: Sequence[str]
) -> tuple[list[Markup], Standing | None]:
    """Return the cells of transport *name* in a table of *families*, and its standing.

    It is None, and there is one cell for all columns, if no clause was tried.
    """
    transport = column.support["transports"].get(name)
    if transport is None or (reason := transport["unsupported"]) is not None:
        why = "not run" if transport is None else f"unsupported: {cut(reason or '')}"
        return [h("td", why, colspan=1 + len(families), class_="no")], None
    cells = [_family(Standing(transport, [c for c in known if c[0] == f])) for f in families]
    return cells, Standing(transport, known)


def _one(
    column: Column, names: Sequence[str], known: Sequence[str], families: Sequence[str]
) -> list[Markup]:
    """Return the rows of the table of one platform: levels with what they rest on."""
    rows = []
    for i, name in enumerate(names):
        cells, standing = _of_families(column, name, known, families)
        if standing is not None:
            skipped = [[*ids(standing.skipped, 4), " skipped"]] if standing.skipped else []
            phrases = skipped + _lacks(standing)
            notes = [[h("br") if j else "", phrase] for j, phrase in enumerate(phrases)]
            cells.append(h("td", _level(standing), h("small", notes) if notes else None))
        link = h("a", name, href=f"#{anchor(i)}")
        rows.append(h("tr", h("th", link, scope="row"), cells))
    return rows


def _each(
    column: Column, names: Sequence[str], known: Sequence[str], families: Sequence[str]
) -> list[Markup]:
    """Return the rows of one platform of several, of which the levels stand above."""
    rows = [h("tr", group_head(column.label, 2 + len(families)))]
    for name in names:
        cells, standing = _of_families(column, name, known, families)
        if standing is not None:
            cells.append(h("td", standing.earned or "none"))
        rows.append(h("tr", h("th", name, scope="row"), cells))
    return rows


def _families(columns: Sequence[Column], names: Sequence[str], known: Sequence[str]) -> Markup:
    """Make the table of families: a row for each platform and transport, a column for each."""
    run = {c for x in columns for t in x.support["transports"].values() for c in t["clauses"]}
    families = [f for f in dict.fromkeys(c[0] for c in known) if any(c[0] == f for c in run)]
    heads = [
        h("th", h("b", f), h("small", FAMILIES[f].word) if f in FAMILIES else None, scope="col")
        for f in families
    ]
    rows = _one if len(columns) == 1 else _each
    bodies = [h("tbody", rows(column, names, known, families)) for column in columns]
    first, last = (h("th", word, scope="col") for word in ("transport", "level"))
    table = h("table", h("thead", h("tr", first, heads, last)), bodies, class_="families")
    return scroll("Clauses passed by transport and family", table)


def _key(several: bool) -> list[Markup]:
    """Return what the levels and the signs in the tables are."""
    items = []
    for i, (name, text) in enumerate(_KEY.items()):
        pips = _pips(["yes" if j <= i else "empty" for j in range(len(_KEY))])
        items.append(h("div", h("dt", pips, h("b", name)), h("dd", text)))
    marks: list[Child] = [
        _pips(["yes", "fail", "empty"]),
        " crossed: a clause fails. ",
        _pips(["yes", "open", "empty"]),
        " dashed: not all of it was judged, so not claimed.",
    ]
    rest = (
        " Below it, clauses passed of those judged, for each platform; a skip has a reason, and "
        "counts as neither."
        if several
        else " Of each family, clauses passed of those judged; a skip has a reason, and counts as "
        "neither; “-” if all were skipped, “?” if not all were judged."
    )
    return [h("dl", items, class_="key"), h("p", marks, rest, class_="note")]


def _letters() -> Markup:
    """Return the words for the letters, for screens on which the heads have no room for them."""
    words = ", ".join(f"{letter} {family.word}" for letter, family in FAMILIES.items())
    return h("p", f"{words}.", class_="note letters")


def support(columns: Sequence[Column], names: Sequence[str], known: Sequence[str]) -> list[Child]:
    """Return the section without its heading.

    names: the transports.
    known: the ids of all clauses.
    """
    if len(columns) == 1:
        (column,) = columns
        facts = h("a", column.name, href=f"#{column.key}"), f": {'; '.join(column.facts())}"
        return [
            h("div", _key(several=False)),
            h("p", facts, class_="note"),
            _families(columns, names, known),
            _letters(),
            h("h3", "Clause by clause"),
            grid(column, names, known),
        ]
    note = (
        "Of each family, clauses passed of those judged; “-” if all were skipped, “?” if not all "
        "were judged."
    )
    return [
        h("div", _key(several=True)),
        _platforms(columns, names, known),
        h(
            "details",
            h("summary", h("h3", "By family of clauses")),
            h("div", h("p", note, class_="note"), _families(columns, names, known), _letters()),
            class_="place",
        ),
    ]
