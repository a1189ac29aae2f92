"""What the report has to know of a test, as plain data.

With pytest-xdist a test runs in another process than the one that prints and writes.  Only reports
come from there, with what was attached to them.  So whatever is needed of an item is attached to
its reports, and what was collected to the first report, as data that JSON has.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from report.clauses import Clause

if TYPE_CHECKING:
    import pytest

__all__ = [
    "FACTS",
    "PLAN",
    "Facts",
    "Plan",
    "clause_of",
    "facts_of",
    "plan_of",
    "select",
    "transport_of",
]

FACTS = "ipc_conformance_facts"
"""The attribute of a report that has the facts of its item."""

PLAN = "ipc_conformance_plan"
"""The attribute of the first report of a process that has its plan."""


class Facts(TypedDict):
    """What the report needs of a test of a transport.

    clause: its clause, or None.
    judges: whether it is of a clause, or stands in the place of tests of which some are.
    channel: whether it tests the transport's channel.
    """

    transport: str
    clause: str | None
    judges: bool
    channel: bool


class Plan(TypedDict):
    """What was collected.

    tests: of each transport and clause, the node ids of its tests: [transport, clause, ids].
    incomplete: clauses of which the command line left tests out, by a path or a node id.
    sentences: what each clause says that has no sentence in CONFORMANCE.md.
    selected: of each transport, the node ids of all tests that are to be run.
    """

    tests: list[tuple[str, str, list[str]]]
    incomplete: list[str]
    sentences: dict[str, str]
    selected: dict[str, list[str]]


def transport_of(item: "pytest.Item") -> str | None:
    """Return the transport that *item* tests, as it was given to `--transport`, or None."""
    callspec = getattr(item, "callspec", None)
    if callspec is None or "transport" not in callspec.params:
        return None
    return str(callspec.params["transport"])


def clause_of(item: "pytest.Item") -> tuple[str, str] | None:
    """Return the clause that *item* tests, and on which transport; None without either."""
    marker, transport = item.get_closest_marker("clause"), transport_of(item)
    if marker is None or not marker.args or transport is None:
        return None
    return str(marker.args[0]), transport


def facts_of(item: "pytest.Item") -> Facts | None:
    """Return the facts of *item*, or None if it tests no transport."""
    transport = transport_of(item)
    if transport is None:
        return None
    found = clause_of(item)
    fixtures = getattr(item, "fixturenames", ())
    return {
        "transport": transport,
        "clause": found[0] if found else None,
        "judges": found is not None or getattr(item, "judges", False),
        "channel": "channel" in fixtures and "benchmark" not in fixtures,
    }


def _function(item: "pytest.Item") -> str:
    """Return the name of the test function of *item*, without parameters."""
    return str(getattr(item, "originalname", None) or item.name)


def plan_of(
    items: Sequence["pytest.Item"], clauses: Mapping[str, Clause], arguments: Sequence[str]
) -> Plan:
    """Return the plan of a run in which *items* were collected, and none deselected yet.

    clauses: those of CONFORMANCE.md.
    arguments: files, directories and node ids, from the command line.
    """
    # A node id such as test_a.py::test_b[pipe-1] takes one case of several.
    last = [argument.rpartition("::")[2] for argument in arguments]
    narrowed = {name.partition("[")[0] for name in last if "[" in name}
    functions: dict[str, set[str]] = defaultdict(set)
    tests: dict[tuple[str, str], list[str]] = defaultdict(list)
    sentences: dict[str, str] = {}
    incomplete: set[str] = set()
    for item in items:
        if (found := clause_of(item)) is None:
            continue
        clause, transport = found
        function = _function(item)
        if clause not in clauses:
            sentences.setdefault(clause, function.removeprefix("test_").replace("_", " "))
        functions[clause].add(function)
        if item.get_closest_marker("exhaustive") is None:
            tests[transport, clause].append(item.nodeid)
        parameters = item.callspec.params  # type: ignore[attr-defined]
        if function in narrowed and len(parameters) > 1:
            incomplete.add(clause)
    for clause, names in functions.items():
        known = clauses.get(clause)
        # A path on the command line may leave out a whole function.
        if known is not None and set(known.tests) - set(known.exhaustive) - names:
            incomplete.add(clause)
    return {
        "tests": [(transport, clause, ids) for (transport, clause), ids in tests.items()],
        "incomplete": sorted(incomplete),
        "sentences": sentences,
        "selected": {},
    }


def select(plan: Plan, items: Sequence["pytest.Item"]) -> None:
    """Note in *plan* that of all tests *items* are to be run."""
    for item in items:
        if (transport := transport_of(item)) is not None:
            plan["selected"].setdefault(transport, []).append(item.nodeid)
