"""What kind of failure a verdict tells of, in a word: for tables with a cell for each clause."""

import re

from report.formats import Verdict

__all__ = ["KINDS", "MARKS", "kind"]

KINDS = {
    "hang": "a run, or what it started, did not end",
    "leak": "a process lives on, or an object was left",
    "untold": "a fault is no error, or the error does not say enough; the result may be exact",
    "wrong": "anything else: a result that is not exact, an error that comes late, a bad argument "
    "that is taken, something printed or changed",
    "not judged": "see the clause that it names",
    "skipped": "it does not apply here, or could not be tried",
    "passed in part": "by those of its tests that were run",
    "passed": "the clause holds, by what was tried",
}
"""What each is; the first four are of failures."""

MARKS = {"passed": "✓", "passed in part": "(✓)", "skipped": "–", "not judged": "·"}
"""What stands in a cell for what is no failure."""

_HANG = re.compile(r"\bHANG\b|\bdid not return\b")
_UNTOLD = re.compile(
    r"errors?, and \d+ workers? had a fault|^none of the (pids|names)|\ban error was due\b"
    r"|\bno OSError, but\b|\bexact in spite of the death\b|\bis not in \w+(Error|Exception)?:"
)
_LEAK = re.compile(r"\bLEAK\b|\bORPHAN\b|\blives on\b")


def kind(verdict: Verdict) -> str:
    """Return one of KINDS."""
    outcome = verdict["outcome"]
    if outcome == "passed" and verdict.get("partial"):
        return "passed in part"
    if outcome not in ("failed", "expected"):
        return outcome
    reason = verdict.get("reason", "")
    if _HANG.search(reason):
        return "hang"
    if _LEAK.search(reason):
        return "leak"
    return "untold" if _UNTOLD.search(reason) else "wrong"
