"""A support file in Markdown, as the summary of a step of GitHub Actions shows it."""

import re

from report.clauses import FAMILIES, order
from report.formats import Outcome, Support, Transport, suite_name
from report.html import plain
from report.results import Standing

__all__ = ["summary"]

_WORDS: dict[Outcome, str] = {
    "failed": "failed",
    "expected": "expected to fail",
    "not judged": "not judged",
    "skipped": "skipped",
}
"""The outcomes but for a pass, in the order in which they are shown."""


def _text(text: str) -> str:
    """Return *text* as Markdown in one line: nothing in it is markup, or the end of a cell."""
    # A backslash before any ASCII punctuation is that character (CommonMark 0.31, 2.4).
    return re.sub(r"([\\`*_{}\[\]<>#|~&$])", r"\\\1", " ".join(plain(text).split()))


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _table(*rows: tuple[str, ...]) -> list[str]:
    """Return the lines of a table; the first of *rows* is its head."""
    head, *body = rows
    return [_line(*head), _line(*("---" for _ in head)), *(_line(*row) for row in body), ""]


def _row(support: Support, name: str, families: list[str]) -> tuple[str, ...]:
    transport, known = support["transports"][name], support["clauses"]
    if transport["unsupported"] is not None and not transport["clauses"]:
        why = f"unsupported: {transport['unsupported']}"
        return (_text(name), _text(why), *("" for _ in families))
    shares = []
    for family in families:
        mine = [c for c in transport["clauses"] if c[:1] == family and c in known]
        shares.append(Standing(transport, mine).share())
    return (_text(name), Standing(transport, known).earned or "none", *shares)


def _not_passed(name: str, transport: Transport) -> list[tuple[str, ...]]:
    verdicts = transport["clauses"]
    return [
        (_text(name), clause, word, _text(verdicts[clause].get("reason", "")))
        for outcome, word in _WORDS.items()
        for clause in order(verdicts)
        if verdicts[clause]["outcome"] == outcome
    ]


def _where(support: Support) -> str:
    """Return by what the transports were judged, and where."""
    suite, platform = support["suite"], support["platform"]
    chosen = suite.get("requirements")
    count = len(support["clauses"])
    judged = f"all {count} clauses" if chosen is None else f"set {chosen} ({count} clauses)"
    version = suite_name(suite)
    where = ", ".join(filter(None, [platform["name"], platform["python"]]))
    return f"Requirements: {judged}. Suite: {_text(version)}. Platform: {_text(where)}."


def summary(support: Support) -> str:
    """Return *support* as Markdown: a row for each transport, and what was not passed."""
    transports = support["transports"]
    met = {clause[:1] for each in transports.values() for clause in each["clauses"]}
    families = [family for family in FAMILIES if family in met]
    rows = [_row(support, name, families) for name in transports]
    lines = ["### IPC conformance", ""]
    lines += _table(("transport", "level", *families), *rows)
    lines += [f"Clauses passed / clauses judged. {_where(support)}", ""]
    if missed := [row for name, each in transports.items() for row in _not_passed(name, each)]:
        lines += ["#### Not passed", ""]
        lines += _table(("transport", "clause", "outcome", "what was seen"), *missed)
        told = order({clause for _, clause, _, _ in missed})
        known = support["clauses"]
        lines += [f"- **{clause}** {_text(known.get(clause, ''))}" for clause in told]
    return "\n".join(lines).rstrip() + "\n"
