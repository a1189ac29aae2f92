"""The page: support, the clauses of each transport, what they say, the charts, the platforms.

It is one file without scripts, and its Content-Security-Policy forbids it to load anything.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from report import host
from report.clauses import order
from report.formats import Place
from report.html import Child, Markup, h, plain, verbatim
from report.page.charts import charts
from report.page.choosing import choosing
from report.page.clauses import named, texts, transport
from report.page.columns import Column, columns_of
from report.page.platforms import platforms
from report.page.support import support

__all__ = ["LIMIT", "render"]

LIMIT = 290 << 10
"""Bytes that a page may have before it leaves out what the files have anyway."""


def _day(iso: str) -> str:
    try:
        day = date.fromisoformat(iso[:10])
    except ValueError:
        return iso[:10]
    return f"{day.day} {day:%B} {day.year}"


def _charts(places: Sequence[tuple[str, Place]], detail: int) -> list[Markup]:
    """Return what opens to the charts of each of *places*, which come with their names."""
    found: list[Markup] = []
    runs = [(name, bench) for name, place in places for bench in place.benches]
    for i, (name, bench) in enumerate(runs):
        # The machine stands here alone: all charts below are of it.
        summary = h("summary", h("h3", name), h("span", f"{bench.machine}; {_day(bench.date)}"))
        # Ids are short: a page has more than a thousand of them.
        if pictures := charts(bench, f"c{i}", detail):
            inside = h("div", pictures, class_="charts")
            found.append(h("details", summary, inside, open=not found, class_="place"))
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


def _sentences(columns: Sequence[Column]) -> dict[str, str]:
    """Return what each clause says by its id, of all clauses that the files name, in order."""
    found: dict[str, str] = {}
    for column in columns:
        found |= column.support["clauses"]
        for each in column.support["transports"].values():
            for clause in each["clauses"]:
                found.setdefault(clause, "")
    return {clause: found[clause] for clause in order(found)}


def _section(title: str, ident: str, *children: Child) -> tuple[str, str, Markup]:
    """Return a section with its title and its id, for the links at the top."""
    return title, ident, h("section", h("h2", title), children, id=ident)


def _sections(
    places: Sequence[Place], columns: Sequence[Column], detail: int
) -> list[tuple[str, str, Markup]]:
    sentences = _sentences(columns)
    known = list(sentences)
    names = _names(columns)
    found = []
    benches = [bench for place in places for bench in place.benches]
    for bench in benches:
        if (pick := choosing(bench, len(benches) > 1)) is not None:
            found.append(_section("Which one?", "which", pick))
            break
    if names:
        told = named(columns, known, names)
        found.append(_section("Support", "support", support(columns, names, known)))
        found.append(
            _section(
                "Transports",
                "transports",
                h(
                    "p",
                    "Each transport opens to its clauses, each failure and skip to what was seen.",
                ),
                [transport(columns, name, i, known, sentences) for i, name in enumerate(names)],
            )
        )
        if told:
            found.append(
                _section(
                    "Clauses",
                    "clauses",
                    h(
                        "p",
                        "What each clause says that failed, was skipped or was not judged, the "
                        "usual cause of a failure, and what mends it.",
                    ),
                    texts(told, sentences),
                )
            )
    measured = [(column.label, column.place) for column in columns if column.place.benches]
    measured += [("Benchmarks", place) for place in places if not place.support]
    if pictures := _charts(measured, detail):
        found.append(
            _section(
                "Cost",
                "cost",
                h(
                    "p",
                    "Figures of one machine compare with each other, not with those of another.",
                    "" if detail == 2 else " Further figures are in the files.",
                ),
                pictures,
            )
        )
    if columns:
        found.append(_section("Platforms", "platforms", platforms(columns)))
    return found


def _names(columns: Sequence[Column]) -> list[str]:
    return sorted({name for column in columns for name in column.support["transports"]})


def _lead(places: Sequence[Place], columns: Sequence[Column]) -> str:
    """Return in a line of how much the page is, and of which day."""
    names, clauses = len(_names(columns)), len(_sentences(columns))
    days = [column.support["date"] for column in columns]
    days += [bench.date for place in places for bench in place.benches]
    facts = [
        f"{names} transport{'s' * (names != 1)}" if names else None,
        f"{len(columns)} platform{'s' * (len(columns) != 1)}" if columns else None,
        f"{clauses} clauses" if clauses else None,
        _day(max(days)) if days else None,
    ]
    return " · ".join(filter(None, facts))


def _head() -> Markup:
    style = (Path(__file__).parent / "page.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return h(
        "head",
        h("meta", charset="utf-8"),
        h("meta", http_equiv="Content-Security-Policy", content=policy),
        h("meta", name="viewport", content="width=device-width, initial-scale=1"),
        h("meta", name="color-scheme", content="light dark"),
        h("meta", name="generator", content="ipc-conformance"),
        h("title", "Local IPC from Python: support and cost"),
        h("link", rel="icon", href=_ICON),
        h("style", verbatim(style)),
    )


def _foot() -> Markup:
    home = host.home()
    return h(
        "footer",
        h(
            "p",
            "Made by ",
            h("code", "pytest --report-dir"),
            " and ",
            h("code", "python -m report merge"),
            " from the files of real runs",
            [" with ", h("a", "ipc-conformance", href=home)] if home else None,
            ". This page loads nothing and runs no script.",
        ),
    )


def _render(places: Sequence[Place], detail: int) -> str:
    columns = columns_of(places)
    sections = _sections(places, columns, detail)
    links = [h("a", title, href=f"#{ident}") for title, ident, _ in sections]
    body = h(
        "body",
        h("a", "To the content", href="#main", class_="skip"),
        h(
            "header",
            h("p", "ipc-conformance", class_="brand"),
            h("h1", "Local IPC from Python"),
            h("p", _lead(places, columns), class_="lead"),
            h("nav", links, aria_label="Sections"),
        ),
        h("main", [section for _, _, section in sections], id="main", tabindex=-1),
        _foot(),
    )
    return plain(f"<!doctype html>\n{h('html', _head(), body, lang='en')}\n")
