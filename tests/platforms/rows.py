"""The rows of the support table: a file each, made of the support file of one run."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NotRequired, TypedDict, cast

from report.clauses import order
from report.formats import Support, Transport
from tests.platforms.conditions import ROOT

__all__ = ["Ran", "Row", "condense", "keep", "rows", "share"]

RESULTS = ROOT / "docs" / "results" / "platforms"

# Several tests may say more than a row needs.
_LONGEST = 300


class Ran(TypedDict):
    """What became of one transport: ids of clauses, and reasons by id.

    unsupported: why the transport cannot be had there.
    partial: clauses of which a test was not run, and none failed.
    """

    unsupported: NotRequired[str]
    passed: NotRequired[str]
    partial: NotRequired[str]
    failed: NotRequired[dict[str, str]]
    not_judged: NotRequired[dict[str, str]]
    skipped: NotRequired[dict[str, str]]


class Row(TypedDict):
    """A row: one run, or why there was none.

    platform: the name of the Python, its C library and machine; condition: see CONDITIONS.
    date: when the run began, in UTC; commit: the last one that changed what was run, with a "+"
        where the work tree differed from it.
    load: processes that wanted a processor at the end, by getloadavg(3), over the last 5 minutes.
    clauses: those that were asked for.
    reason: why there was no run, or why it did not end; None if it did.
    note: what a reader has to know beside it.
    """

    platform: str
    condition: str
    date: str
    seconds: NotRequired[float]
    load: NotRequired[float]
    commit: str | None
    version: NotRequired[str | None]
    clauses: str
    python: NotRequired[str]
    build: NotRequired[str]
    libc: NotRequired[str | None]
    system: NotRequired[str]
    kernel: NotRequired[str]
    machine: NotRequired[str]
    cpus: NotRequired[int | None]
    user: NotRequired[str]
    libraries: NotRequired[dict[str, str]]
    note: NotRequired[str]
    reason: str | None
    transports: dict[str, Ran]


def without(text: str, places: Iterable[str]) -> str:
    """Return the first line of *text*, without the directories *places* of this machine."""
    line = text.strip().partition("\n")[0]
    for place in sorted(places, key=len, reverse=True):
        line = line.replace(f"{place}/", "").replace(place, "…")
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _ran(transport: Transport, places: Iterable[str]) -> Ran:
    if transport["unsupported"] is not None:
        return {"unsupported": without(transport["unsupported"], places)}
    verdicts = {clause: transport["clauses"][clause] for clause in order(transport["clauses"])}
    found: dict[str, str | dict[str, str]] = {}
    passed = [clause for clause, verdict in verdicts.items() if verdict["outcome"] == "passed"]
    found["passed"] = " ".join(c for c in passed if not verdicts[c].get("partial"))
    found["partial"] = " ".join(c for c in passed if verdicts[c].get("partial"))
    for outcome in ("failed", "not judged", "skipped"):
        found[outcome.replace(" ", "_")] = {
            clause: without(verdict.get("reason", ""), places)
            for clause, verdict in verdicts.items()
            if verdict["outcome"] == outcome
        }
    return cast("Ran", {key: value for key, value in found.items() if value})


def condense(support: Support, places: Iterable[str]) -> dict[str, Ran]:
    """Return what a support file says of each transport.

    places: directories of this machine, which are left out.
    """
    places = list(places)
    return {name: _ran(each, places) for name, each in support["transports"].items()}


def share(row: Row) -> str:
    """Return "passed/judged" of all transports of a row; "-" if nothing was judged."""
    passed = sum(len(ran.get("passed", "").split()) for ran in row["transports"].values())
    failed = sum(len(ran.get("failed", {})) for ran in row["transports"].values())
    return f"{passed}/{passed + failed}" if passed + failed else "-"


def keep(row: Row) -> Path:
    """Write the file of a row, which replaces the one of an earlier run; return its path."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{row['platform']}-{row['condition']}.json"
    ordered = {key: value for key, value in row.items() if key != "transports"}
    ordered["transports"] = row["transports"]  # the longest part comes last
    path.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path


def rows() -> list[Row]:
    """Return all rows that are kept."""
    return [
        cast("Row", json.loads(path.read_text("utf-8"))) for path in sorted(RESULTS.glob("*.json"))
    ]
