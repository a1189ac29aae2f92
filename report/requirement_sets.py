"""The requirement sets: numbered lists of clauses by which a run can judge.

So clauses that are added later do not change its result.

`requirements/N.json` is set N.  `python -m tests.selftest.requirement_sets` writes these files.  To
be judged by a set is to be judged by its clauses and no others.

Like all modules that `python -m report` uses, it needs only the standard library.
"""

import json
from pathlib import Path
from typing import TypedDict, cast

from report.clauses import ROOT, clauses, order

__all__ = ["FORMAT", "Requirement", "RequirementSet", "judged", "numbers", "path", "read", "told"]

FORMAT = "ipc-conformance requirements"


class Requirement(TypedDict):
    """A clause in a set.

    id, sentence: as CONFORMANCE.md had them when the set was frozen.
    level: the lowest level that it belongs to.
    since: the version of the suite that first had it.
    tests: the functions that hold it.
    planted, reported: the paths of modules with a bug that it finds: bugs that were made for this,
        and bugs that people have reported.
    """

    id: str
    sentence: str
    level: str
    since: str
    tests: list[str]
    planted: list[str]
    reported: list[str]


class RequirementSet(TypedDict):
    """A file.

    version: of the suite, with which the set came.
    """

    format: str
    set: int
    version: str
    clauses: list[Requirement]


def path(number: int, root: Path = ROOT) -> Path:
    """Return where set *number* is."""
    return root / "requirements" / f"{number}.json"


def numbers(root: Path = ROOT) -> list[int]:
    """Return the numbers of the sets in *root*, the oldest first."""
    files = (root / "requirements").glob("*.json")
    return sorted(int(file.stem) for file in files if file.stem.isdecimal())


def read(number: int, root: Path = ROOT) -> RequirementSet:
    """Return set *number*; raise OSError if there is none."""
    return cast("RequirementSet", json.loads(path(number, root).read_text("utf-8")))


def judged(number: int | None, root: Path = ROOT) -> dict[str, str]:
    """Return what each clause says by its id, of those by which a run is judged.

    number: of a set, or None for all clauses of CONFORMANCE.md.  A clause of the set that the suite
        has withdrawn is left out.
    """
    known = {ident: clause.sentence for ident, clause in clauses(root).items()}
    if number is None:
        return known
    return {c["id"]: c["sentence"] for c in read(number, root)["clauses"] if c["id"] in known}


def told(number: int | None, root: Path = ROOT) -> str:
    """Return in a line by which clauses a run is judged.

    number: of a set, or None for all clauses.
    """
    known, chosen = clauses(root), judged(number, root)
    if number is None:
        last = max(numbers(root), default=None)
        of_last = set(judged(last, root)) if last else set()
        newer = [clause for clause in order(known) if clause not in of_last]
        also = f" and {', '.join(newer)}" if newer else ""
        return f"all {len(known)} clauses" + (f": set {last}{also}" if last else "")
    withdrawn = [c["id"] for c in read(number, root)["clauses"] if c["id"] not in known]
    left_out = [clause for clause in order(known) if clause not in chosen]
    parts = [f"set {number}, {len(chosen)} clauses"]
    parts += [f"not in it: {', '.join(left_out)}"] if left_out else []
    parts += [f"withdrawn since: {', '.join(withdrawn)}"] if withdrawn else []
    return "; ".join(parts)
