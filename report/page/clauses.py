"""The sections Transports and Clauses: what became of each clause, what it says, what mends it."""

import re
from collections.abc import Collection, Mapping, Sequence

from report.clauses import FAMILIES
from report.clauses import clauses as in_conformance
from report.formats import Verdict
from report.html import Child, Markup, h
from report.page.columns import Column
from report.page.parts import anchor, cut, group_head, ids, linked, scroll
from report.results import Standing

__all__ = ["named", "texts", "transport"]

_WORDS = {
    "passed": "pass",
    "failed": "fail",
    "expected": "fails, as declared",
    "not judged": "not judged",
    "skipped": "skip",
}
_CLASSES = {"passed": None, "failed": "f", "expected": "f", "not judged": "o", "skipped": "s"}


def _verdict(verdict: Verdict | None, roomy: bool) -> Markup:
    if verdict is None:
        return h("td", "not run", class_="o")
    outcome = verdict["outcome"]
    word, kind = _WORDS[outcome], _CLASSES[outcome]
    if verdict.get("partial"):
        word += ", run in part"
    reason = cut(verdict.get("reason", "")) if outcome != "passed" else ""
    if not reason:
        return h("td", word, class_=kind)
    details: list[Child] = [reason]
    if outcome == "failed" and (test := verdict.get("test")):
        details.append([h("br"), h("code", cut(test))])
    if roomy:
        return h("td", word, h("small", details), class_=kind)
    return h("td", h("details", h("summary", word), h("small", details)), class_=kind)


def _summary(columns: Sequence[Column], name: str, known: Sequence[str]) -> Markup:
    """Return the line that is there while the clauses of *name* are closed."""
    found = [x.support["transports"][name] for x in columns if name in x.support["transports"]]
    able = [transport for transport in found if transport["unsupported"] is None]
    counts: dict[str, int] = {}
    failing: dict[str, None] = {}
    for transport in able:
        standing = Standing(transport, known)
        level = standing.earned or "none"
        counts[level] = counts.get(level, 0) + 1
        failing |= dict.fromkeys(standing.failed)
    lost = len(found) - len(able)
    if len(columns) == 1:
        text = next((f"level: {level}" for level in counts), "unsupported" if lost else "not run")
    else:
        parts = [f"{level} on {count}" for level, count in counts.items()]
        text = ("level: " if parts else "") + ", ".join(
            [*parts, *([f"unsupported on {lost}"] if lost else [])]
        )
    return h(
        "summary",
        h("h3", name),
        h("span", text),
        # A link in a summary would be a control within a control (HTML, 4.11.2).
        h("span", ids(list(failing), 4, link=False), " failing", class_="f") if failing else None,
    )


def named(columns: Sequence[Column], known: Sequence[str], names: Collection[str]) -> list[str]:
    """Return those of *known* that a transport of *names* failed, skipped or left unjudged."""
    found = {
        clause
        for column in columns
        for name, each in column.support["transports"].items()
        for clause, verdict in each["clauses"].items()
        if verdict["outcome"] != "passed" and name in names
    }
    return [clause for clause in known if clause in found]


def _table(
    columns: Sequence[Column], name: str, known: Sequence[str], sentences: Mapping[str, str],
    roomy: bool,
) -> Markup:  # fmt: skip
    """Make the table of the clauses of *name*, by family, on the platforms that support it."""
    bodies = []
    told = named(columns, known, [name])
    for family in dict.fromkeys(clause[0] for clause in known):
        rows = [
            h(
                "tr",
                h(
                    "th",
                    h("i", linked(clause) if clause in told else clause),
                    " ",
                    sentences[clause],
                    scope="row",
                ),
                [
                    _verdict(c.support["transports"][name]["clauses"].get(clause), roomy)
                    for c in columns
                ],
            )
            for clause in known
            if clause[0] == family
        ]
        title = FAMILIES[family].title if family in FAMILIES else "Further clauses"
        bodies.append(h("tbody", h("tr", group_head(title, 1 + len(columns))), rows))
    heads = [h("th", word, scope="col") for word in ("clause", *(c.label for c in columns))]
    return h(
        "table",
        h("thead", h("tr", heads)),
        bodies,
        class_="clauses roomy" if roomy else "clauses",
    )


def transport(
    columns: Sequence[Column], name: str, i: int, known: Sequence[str],
    sentences: Mapping[str, str],
) -> Markup:  # fmt: skip
    """Return what opens to the clauses of the transport *name*, number *i*.

    known: the ids of all clauses.
    """
    having = [c for c in columns if name in c.support["transports"]]
    able = [c for c in having if c.support["transports"][name]["unsupported"] is None]
    reasons = [
        h(
            "p",
            f"{c.label}: " if len(columns) > 1 else "",
            "unsupported: ",
            cut(reason),
            class_="note",
        )
        for c in having
        if (reason := c.support["transports"][name]["unsupported"]) is not None
    ]
    seen = any(set(known) & set(c.support["transports"][name]["clauses"]) for c in able)
    table = (
        scroll(
            f"Clauses of {name}",
            _table(able, name, known, sentences, len(columns) == 1),
        )
        if seen
        else None
    )
    return h(
        "details",
        _summary(columns, name, known),
        h("div", reasons, table, id=anchor(i)),
        class_="transport",
    )


def _code(text: str) -> list[Child]:
    """Return *text* with what stands between backticks as code."""
    parts = re.split(r"`([^`]+)`", text)
    return [h("code", part) if i % 2 else part for i, part in enumerate(parts)]


def texts(told: Sequence[str], sentences: Mapping[str, str]) -> Markup:
    """Return what each clause of *told* says, and the usual cause of a failure with its remedy.

    sentences: of the files; the remedies are those of CONFORMANCE.md.
    """
    items = []
    for clause in told:
        remedy = in_conformance()[clause].remedy if clause in in_conformance() else ""
        items.append(
            h(
                "div",
                h("dt", h("b", clause), " ", sentences[clause]),
                h("dd", "When it fails: ", _code(remedy)) if remedy else None,
                id=clause,
            )
        )
    return h("dl", items, class_="texts")
