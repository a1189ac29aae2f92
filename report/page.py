"""The page: the matrix, the clauses of each transport, the charts and the platforms.

It is one file without scripts, and its Content-Security-Policy forbids it to load anything.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from report.charts import charts
from report.clauses import FAMILIES, order
from report.formats import Place, Support, Verdict
from report.html import Child, Markup, h, plain, verbatim
from report.results import Standing

__all__ = ["render"]

_KEY = {
    "basic": "Exact results, nothing left behind, bad arguments refused.",
    "robust": "And dead workers, interrupted callers, odd surroundings and scarce resources.",
    "hardened": "And nobody else gets in, or in the way.",
}

_WORDS = {
    "passed": "pass",
    "failed": "fail",
    "expected": "fails, as declared",
    "not judged": "not judged",
    "skipped": "skip",
}
_CLASSES = {"passed": None, "failed": "f", "expected": "f", "not judged": "o", "skipped": "s"}

LIMIT = 290 << 10
"""Bytes that a page may have before it leaves out what the files have anyway."""

_LONGEST = 400  # characters of a reason on the page; the file has all of it


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _day(iso: str) -> str:
    try:
        day = date.fromisoformat(iso[:10])
    except ValueError:
        return iso[:10]
    return f"{day.day} {day:%B} {day.year}"


class _Column:
    """A column: a platform on which clauses were tested."""

    def __init__(self, place: Place, support: Support, key: str) -> None:
        self.place, self.support, self.key = place, support, key
        self.platform = support["platform"]
        name = self.platform["name"].partition(" (")[0]
        self.name = name.replace("GNU/Linux ", "")
        self.label = self.name

    def facts(self) -> list[str]:
        """Return in two short lines what distinguishes this platform from others."""
        platform = self.platform
        kernel = " ".join([platform["system"], *platform["release"].split("-")[:1]])
        user = "root" if platform["root"] else "user"
        parts = [platform["python"].replace("CPython", "Python"), user]
        if platform["container"]:
            parts.append("container")
        return [", ".join(filter(None, [kernel, platform["libc"]])), ", ".join(parts)]


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


def _list(clauses: Sequence[str], most: int = 6) -> str:
    more = f" and {len(clauses) - most} more" if len(clauses) > most else ""
    return ", ".join(clauses[:most]) + more


def _cell(column: _Column, name: str, known: Sequence[str], roomy: bool) -> Markup:
    transport = column.support["transports"].get(name)
    if transport is None:
        return h("td", h("span", "not run", class_="no"))
    if (reason := transport["unsupported"]) is not None:
        return h(
            "td",
            h("details", h("summary", "unsupported", class_="no"), h("small", _cut(reason))),
        )
    standing = Standing(transport, known)
    label = standing.earned or "none"
    then = " · " if roomy else h("br")
    notes: list[Child] = [f"{standing.passed}/{standing.judged}"]
    if standing.skipped:
        notes.append(f" · {len(standing.skipped)} skipped")
    if standing.not_judged:
        notes.append([then, _list(standing.not_judged, 3), " not judged"])
    if standing.missing:
        notes.append([then, _list(standing.missing, 3), " not run"])
    if standing.partial:
        notes.append([then, _list(standing.partial, 3), " run in part"])
    if standing.failed:
        verb = "fails" if len(standing.failed) == 1 else "fail"
        notes.append([then, h("span", f"{_list(standing.failed, 4)} {verb}", class_="f")])
    return h(
        "td",
        h("span", _pips(list(standing.states.values())), h("b", label), class_="level"),
        h("small", notes),
    )


def _anchor(i: int) -> str:
    return f"t{i}"


def _heads(columns: Sequence[_Column]) -> list[Markup]:
    return [
        h(
            "th",
            h("a", column.name, href=f"#{column.key}"),
            h("small", column.facts()[0], h("br"), column.facts()[1]),
            scope="col",
        )
        for column in columns
    ]


def _scroll(label: str, table: Markup) -> Markup:
    """Return *table* in a box that scrolls separately, by mouse or keyboard."""
    return h("div", table, class_="scroll", tabindex=0, role="group", aria_label=label)


def _matrix(columns: Sequence[_Column], names: Sequence[str], known: Sequence[str]) -> Markup:
    rows = [
        h(
            "tr",
            h("th", h("a", name, href=f"#{_anchor(i)}"), scope="row"),
            [_cell(column, name, known, len(columns) == 1) for column in columns],
        )
        for i, name in enumerate(names)
    ]
    head = h("tr", h("th", "transport", scope="col"), _heads(columns))
    table = h("table", h("thead", head), h("tbody", rows), class_="matrix")
    return _scroll("Support by transport and platform", table)


def _verdict(verdict: Verdict | None, roomy: bool) -> Markup:
    if verdict is None:
        return h("td", "not run", class_="o")
    outcome = verdict["outcome"]
    word, kind = _WORDS[outcome], _CLASSES[outcome]
    if verdict.get("partial"):
        word += ", run in part"
    reason = _cut(verdict.get("reason", "")) if outcome != "passed" else ""
    if not reason:
        return h("td", word, class_=kind)
    details: list[Child] = [reason]
    if outcome == "failed" and (test := verdict.get("test")):
        details.append([h("br"), h("code", _cut(test))])
    if roomy:
        return h("td", word, h("small", details), class_=kind)
    return h("td", h("details", h("summary", word), h("small", details)), class_=kind)


def _clauses(
    columns: Sequence[_Column], name: str, i: int, known: Sequence[str], sentences: dict[str, str]
) -> Markup:
    having = [c for c in columns if name in c.support["transports"]]
    able = [c for c in having if c.support["transports"][name]["unsupported"] is None]
    counts: dict[str, int] = {}
    failing: dict[str, None] = {}
    for column in able:
        standing = Standing(column.support["transports"][name], known)
        level = standing.earned or "none"
        counts[level] = counts.get(level, 0) + 1
        failing |= dict.fromkeys(standing.failed)
    if len(columns) == 1:
        summary = next(iter(counts), "unsupported" if having else "not run")
    else:
        summary = ", ".join(f"{level} on {count}" for level, count in counts.items())
        if lost := len(having) - len(able):
            summary += f"{', ' if summary else ''}unsupported on {lost}"
    roomy = len(columns) == 1
    bodies = []
    seen = [c for c in known if any(c in x.support["transports"][name]["clauses"] for x in able)]
    shown = known if seen else []
    for family in dict.fromkeys(clause[0] for clause in shown):
        rows = [
            h(
                "tr",
                h("th", h("i", clause), " ", sentences[clause], scope="row"),
                [
                    _verdict(c.support["transports"][name]["clauses"].get(clause), roomy)
                    for c in able
                ],
            )
            for clause in shown
            if clause[0] == family
        ]
        title = FAMILIES[family].title if family in FAMILIES else "Further clauses"
        head = h("th", h("span", title), scope="rowgroup", colspan=1 + len(able), class_="family")
        bodies.append(h("tbody", h("tr", head), rows))
    reasons = [
        h(
            "p",
            f"{c.label}: " if len(columns) > 1 else "",
            "unsupported: ",
            _cut(reason),
            class_="note",
        )
        for c in having
        if (reason := c.support["transports"][name]["unsupported"]) is not None
    ]
    table = h(
        "table",
        h(
            "thead",
            h("tr", h("th", "clause", scope="col"), [h("th", c.label, scope="col") for c in able]),
        ),
        bodies,
        class_="clauses roomy" if roomy else "clauses",
    )
    return h(
        "details",
        h(
            "summary",
            h("h3", name),
            h("span", summary),
            h("span", f"{_list(list(failing), 4)} failing", class_="f") if failing else None,
        ),
        h("div", reasons, _scroll(f"Clauses of {name}", table) if bodies else None, id=_anchor(i)),
        class_="transport",
    )


def _yes(value: bool | None) -> str:
    return "unknown" if value is None else "yes" if value else "no"


def _size(value: int | None) -> str:
    if value is None:
        return "–"
    return "unlimited" if value == -1 else f"{value:,}".replace(",", "\u202f")


def _platforms(columns: Sequence[_Column]) -> Markup:
    """Make a table with a row for each fact, a column for each platform."""
    facts: dict[str, list[str]] = {}

    def add(name: str, values: list[str]) -> None:
        facts[name] = values

    platforms = [column.platform for column in columns]
    add("system", [p["name"] for p in platforms])
    add("kernel", [f"{p['system']} {p['release']}" for p in platforms])
    add("machine", [p["machine"] for p in platforms])
    add("CPUs", [str(p["cpus"] or "unknown") for p in platforms])
    add("virtual machine", [_yes(p["virtual"]) for p in platforms])
    add("container", [p["container"] or "none that shows" for p in platforms])
    add("C library", [p["libc"] or "unknown" for p in platforms])
    add("Python", [p["python"] for p in platforms])
    add("user", ["root" if p["root"] else "ordinary" for p in platforms])
    suites = [column.support["suite"] for column in columns]
    add("suite", [" ".join(filter(None, [s["version"], s["commit"]])) or "unknown" for s in suites])
    add("arithmetic", [s.get("arithmetic") or "unknown" for s in suites])
    add(
        "date",
        [column.support["date"].replace("T", " ").replace("Z", " UTC") for column in columns],
    )
    took = [column.support.get("seconds") for column in columns]
    add("the run took", [f"{s:,.0f} s" if s is not None else "unknown" for s in took])
    groups: list[tuple[str, dict[str, list[str]]]] = [("Where and what", facts)]
    limits = dict.fromkeys(key for column in columns for key in column.support["limits"])
    groups.append(
        ("Limits", {k: [_size(c.support["limits"].get(k)) for c in columns] for k in limits})
    )
    names = dict.fromkeys(key for column in columns for key in column.support["libraries"])
    groups.append(
        ("Packages", {k: [c.support["libraries"].get(k, "–") for c in columns] for k in names})
    )
    bodies = [
        h(
            "tbody",
            h(
                "tr",
                h(
                    "th",
                    h("span", title),
                    scope="rowgroup",
                    colspan=1 + len(columns),
                    class_="family",
                ),
            ),
            [
                h("tr", h("th", key, scope="row"), [h("td", v) for v in values])
                for key, values in rows.items()
            ],
        )
        for title, rows in groups
        if rows
    ]
    head = [h("th", c.label, scope="col", id=c.key) for c in columns]
    table = h(
        "table", h("thead", h("tr", h("th", "platform", scope="col"), head)), bodies, class_="facts"
    )
    return _scroll("The platforms", table)


def _key(columns: Sequence[_Column]) -> Markup:
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
    where = "" if len(columns) == 1 else ", for each platform"
    rest = (
        f" Below it, clauses passed of those judged{where}; "
        "a skip has a reason, and counts as neither."
    )
    return h("div", h("dl", items, class_="key"), h("p", marks, rest, class_="note"))


def _charts(places: Sequence[tuple[str, Place]], detail: int) -> list[Markup]:
    found: list[Markup] = []
    for key, (name, place) in enumerate(places):
        for j, bench in enumerate(place.benches):
            pictures = charts(bench, f"c{key}-{j}", detail)
            if pictures:
                found.append(
                    h(
                        "details",
                        h(
                            "summary",
                            h("h3", name),
                            h("span", f"{bench.machine}; {_day(bench.date)}"),
                        ),
                        h("div", pictures, class_="charts"),
                        open=not found,
                        class_="place",
                    )
                )
    return found


_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cpath fill='%232f6f5e' d='M1 10h4v5H1zM6 6h4v9H6zM11 1h4v14h-4z'/%3E%3C/svg%3E"
)


def render(places: Sequence[Place]) -> str:
    """Return the page of *places* as the text of an HTML file.

    If it would be larger than LIMIT, tables behind charts are left out.
    """
    text = ""
    for detail in (2, 1, 0):
        text = _render(places, detail)
        if len(text.encode()) <= LIMIT:
            break
    return text


def _render(places: Sequence[Place], detail: int) -> str:
    judged = [(place, place.support) for place in places if place.support]
    judged.sort(key=lambda pair: (pair[1]["platform"]["name"], pair[1]["platform"]["python"]))
    columns = [_Column(place, support, f"p{i}") for i, (place, support) in enumerate(judged)]
    for column in columns:
        if sum(column.name == other.name for other in columns) > 1:
            column.label = f"{column.name}, {column.facts()[1]}"
    sentences: dict[str, str] = {}
    for column in columns:
        sentences |= column.support["clauses"]
        for transport in column.support["transports"].values():
            for clause in transport["clauses"]:
                sentences.setdefault(clause, "")
    known = order(sentences)
    names = sorted({name for column in columns for name in column.support["transports"]})
    measured = [(column.label, column.place) for column in columns if column.place.benches]
    measured += [("Benchmarks", place) for place in places if not place.support]
    pictures = _charts(measured, detail)
    days = [column.support["date"] for column in columns]
    days += [bench.date for place in places for bench in place.benches]
    facts = [
        f"{len(names)} transport{'s' * (len(names) != 1)}" if names else None,
        f"{len(columns)} platform{'s' * (len(columns) != 1)}" if columns else None,
        f"{len(known)} clauses" if known else None,
        _day(max(days)) if days else None,
    ]
    style = (Path(__file__).parent / "page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    title = "Local IPC from Python: support and cost"
    links = [
        h("a", text, href=f"#{target}")
        for text, target, there in (
            ("Support", "support", bool(names)),
            ("Clauses", "clauses", bool(names)),
            ("Cost", "cost", bool(pictures)),
            ("Platforms", "platforms", bool(columns)),
        )
        if there
    ]
    head = h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", http_equiv="Content-Security-Policy", content=policy),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("meta", name="generator", content="ipc-conformance"),
        h("title", title),
        h("link", rel="icon", href=_ICON),
        h("style", verbatim(style)),
    )
    sections: list[Child] = []
    if names:
        sections += [
            h(
                "section",
                h("h2", "Support"),
                _key(columns),
                _matrix(columns, names, known),
                id="support",
            ),
            h(
                "section",
                h("h2", "Clauses"),
                h(
                    "p",
                    "Each transport opens to its clauses, each failure and skip to what was seen.",
                ),
                [_clauses(columns, name, i, known, sentences) for i, name in enumerate(names)],
                id="clauses",
            ),
        ]
    if pictures:
        sections.append(
            h(
                "section",
                h("h2", "Cost"),
                h(
                    "p",
                    "Figures of one machine compare with each other, not with those of another.",
                    "" if detail == 2 else " Further figures are in the files.",
                ),
                pictures,
                id="cost",
            )
        )
    if columns:
        sections.append(h("section", h("h2", "Platforms"), _platforms(columns), id="platforms"))
    body = h(
        "body",
        h("a", "To the content", href="#main", class_="skip"),
        h(
            "header",
            h("p", "ipc-conformance", class_="brand"),
            h("h1", "Local IPC from Python"),
            h("p", " · ".join(filter(None, facts)), class_="lead"),
            h("nav", links, aria_label="Sections"),
        ),
        h("main", sections, id="main", tabindex=-1),
        h(
            "footer",
            h(
                "p",
                "Made by ",
                h("code", "pytest --report-dir"),
                " and ",
                h("code", "python -m report merge"),
                " from the files of real runs. This page loads nothing and runs no script.",
            ),
        ),
    )
    return plain(f"<!doctype html>\n{h('html', head, body, lang='en')}\n")
