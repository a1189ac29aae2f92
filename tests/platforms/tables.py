"""The support tables: the long one is docs/support.md, the short one stands in README.md."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from tests.platforms.conditions import CONDITIONS
from tests.platforms.rows import Ran, Row, share

__all__ = ["ANY", "page", "short", "with_short"]

ANY = "any"
"""The condition of a platform that could not be had at all."""

BEGIN, END = "<!-- support: docs/platforms.py -->", "<!-- end of support -->"

_SHORT = {"root": "root", "user": "ordinary user", "container": "container"}

HEAD = """\
# What the suite was run on

Written by `python docs/platforms.py table` from the files in
[results/platforms](results/platforms), one a run. A row says what one run has seen: the clauses
passed of those judged, added up over the nine transports. A clause that was skipped does not count;
the reasons are below. To make a row on your machine:

    python3 docs/platforms.py list                 # the conditions
    python3 docs/platforms.py run root user        # of this Python, in these
    python3 docs/platforms.py run --python=python3.14 --all container+user
    python3 docs/platforms.py table

Without `--all` a run tests the clauses {short}.
A Python that lacks the packages of the suite gets an environment of its own, by `bootstrap.py`.
`commit` is the last one that changed what was run.
"""


def _natural(text: str) -> list[tuple[int, str]]:
    """Return a key by which 3.9 comes before 3.11."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", text)]


def _key(row: Row) -> tuple[bool, bool, list[tuple[int, str]], list[int]]:
    """Return a key by which the most usual C library and machine come first, and what ran."""
    names = list(CONDITIONS)
    parts = row["condition"].split("+")
    places = [names.index(part) if part in names else -1 for part in parts]
    usual = row["platform"].endswith("-glibc-x86_64")
    return row["condition"] == ANY, not usual, _natural(row["platform"]), [len(parts), *places]


def _text(text: str) -> str:
    """Return *text* as text of a cell or a line of Markdown."""
    return re.sub(r"([<|`*\[\]\\]|(?<!\w)_|_(?!\w))", r"\\\1", text)


def title(platform: str, *, short: bool = False) -> str:
    """Return the name of a platform as text of Markdown: "CPython 3.13, musl, arm64"."""
    python, version, libc, machine = platform.split("-", 3)
    name = {"cpython": "CPython", "pypy": "PyPy"}.get(python, python)
    if not short:
        return _text(f"{name} {version}, {libc}, {machine}")
    rest = [
        version,
        *([libc] if libc != "glibc" else []),
        *([machine] if machine != "x86_64" else []),
    ]
    return _text(" ".join([*([name] if python != "cpython" else []), *rest]))


def _state(row: Row) -> str:
    found = share(row)
    if row["reason"] is None:
        return found
    return "not run" if found == "-" else f"{found}, not finished"


def _cell(row: Row | None, clauses: Iterable[str]) -> str:
    """Return a cell of README.md; "?" stands for clauses that were not tested."""
    if row is None or share(row) == "-":
        return "–"
    tested = row["clauses"] == "all" or set(clauses) <= set(row["clauses"].split())
    return share(row) + "?" * (row["reason"] is not None or not tested)


def short(rows: Iterable[Row], clauses: Collection[str]) -> str:
    """Return the table of README.md: a column for each platform that ran, a row for each user.

    clauses: those that a run tests by default.
    """
    kept: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in sorted(rows, key=_key):
        if row["condition"] != ANY:
            kept[row["platform"]][row["condition"]] = row
    lines = [
        f"| | {' | '.join(title(name, short=True) for name in kept)} |",
        "|---" * (1 + len(kept)) + "|",
    ]
    for condition, word in _SHORT.items():
        cells = [_cell(each.get(condition), clauses) for each in kept.values()]
        lines.append(f"| {word} | {' | '.join(cells)} |")
    return "\n".join(lines)


def with_short(readme: str, table: str) -> str:
    """Return the text of README.md with that table between its marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _line(row: Row) -> str:
    commit, seconds = row["commit"] or "unknown", row.get("seconds")
    free_threaded = row["platform"].split("-")[1].endswith("t")
    cells = [
        (row.get("python") or title(row["platform"])) + ", free-threaded" * free_threaded,
        row.get("libc") or row["platform"].split("-")[2],
        row["platform"].split("-", 3)[3],
        row["condition"],
        _state(row),
        row["clauses"] if row["clauses"] == "all" else str(len(row["clauses"].split())),
        ", ".join(filter(None, [row.get("system"), row.get("kernel")])),
        row["date"][:10],
        commit,
        "" if seconds is None else f"{seconds:.0f} s",
    ]
    return f"| {' | '.join(map(_text, cells))} |"


def _told(ran: dict[str, Ran], outcome: str) -> Iterator[str]:
    """Yield a line for each reason, with the transports and clauses that have it."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, each in ran.items():
        for clause, reason in each.get(outcome, {}).items():  # type: ignore[attr-defined]
            found[reason][clause].append(name)
    for reason, clauses in found.items():
        words = []
        for clause, names in clauses.items():
            every = len(names) == len(ran)
            words.append(f"{clause} of {'all' if every else ', '.join(names)}")
        yield f"- {'; '.join(words)}: {_text(reason)}"


_OUTCOMES = {"failed": "Failed", "not_judged": "Not judged", "skipped": "Skipped"}


def _details(row: Row) -> list[str]:
    """Return what is to be told of a row beside its line: nothing if all was passed."""
    ran = row["transports"]
    lines = []
    if row["reason"]:
        lines.append(
            f"{'Not run' if not ran else 'Not finished'}: {_text(row['reason'].rstrip('.'))}."
        )
    if (load := row.get("load", 0.0)) > 2 * (row.get("cpus") or 1) and any(
        "failed" in each for each in ran.values()
    ):
        lines.append(f"The machine was busy: a load of {load:.0f} on {row.get('cpus')} processors.")
    if note := row.get("note"):
        lines.append(f"{_text(note)}.")
    for name, each in ran.items():
        if reason := each.get("unsupported"):
            lines.append(f"{name} is unsupported: {_text(reason)}.")
        if partial := each.get("partial"):
            lines.append(f"Of {name} not all tests of {partial} were run; none failed.")
    for outcome, word in _OUTCOMES.items():
        if told := list(_told(ran, outcome)):
            lines += [f"\n{word}:\n", *told, ""]
    return lines


def page(rows: Iterable[Row], clauses: Collection[str]) -> str:
    """Return the text of docs/support.md.

    clauses: those that a run tests by default.
    """
    kept = sorted(rows, key=_key)
    heads = (
        *("Python", "C library", "machine", "condition", "passed", "clauses", "system"),
        *("date", "commit", "took"),
    )
    lines = [HEAD.format(short=", ".join(clauses))]
    lines += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *map(_line, kept)]
    lines += ["\n## The conditions\n", "| | what | by |", "|---|---|---|"]
    lines += [f"| {name} | {c.about} | {_text(c.means)} |" for name, c in CONDITIONS.items()]
    lines += ["\nTwo names joined by `+` are both at once.", "\n## What was not passed, and why"]
    for row in kept:
        if details := _details(row):
            lines += [f"\n### {title(row['platform'])}: {row['condition']}\n", *details]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"
