"""What to fix first: which failures of a transport have the same cause."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from report.clauses import order
from report.formats import Verdict

__all__ = ["Remark", "fix_first"]

_LEFT = re.compile(r"(?:as|see) ([A-Z]\d{1,3}): ")  # to the clause that tells it


def _owner_of(verdict: Verdict) -> str | None:
    """Return the clause that a verdict names as the cause of its failure, or None."""
    found = _LEFT.match(verdict.get("reason", ""))
    return found[1] if found else None


class Remark(NamedTuple):
    """A line about a transport, and whether the run fails by it, even if no test has failed."""

    text: str
    fails: bool


def fix_first(
    transport: str, verdicts: Mapping[str, Sequence[Verdict]], sentences: Mapping[str, str]
) -> Remark | None:
    """Return what to fix first, and what has the same cause; or what was not judged; or None.

    If a clause has passed, clauses that could not be judged do not make the run fail.

    verdicts: of each clause, those of its tests.
    sentences: what each clause says.
    """
    own, same, unjudged = set(), set(), dict[str, str]()
    owners = Counter[str]()
    for clause, seen in verdicts.items():
        failed = [verdict for verdict in seen if verdict["outcome"] == "failed"]
        left = [_owner_of(verdict) for verdict in seen]
        owners.update({owner for owner in left if owner and owner != clause})
        if any(_owner_of(verdict) in (None, clause) for verdict in failed):
            own.add(clause)
        elif failed:
            same.add(clause)
        else:
            for verdict in seen:
                if verdict["outcome"] == "not judged":
                    unjudged[clause] = verdict.get("reason", "")
    if unjudged and not own and not same and not owners:
        why = next(iter(unjudged.values()))
        outcomes = {verdict["outcome"] for seen in verdicts.values() for verdict in seen}
        if "passed" in outcomes:
            return Remark(f"{transport}: not all was judged: {why}", fails=False)
        return Remark(f"{transport}: nothing was judged: {why}", fails=True)
    if not owners and len(own) < 2:
        return None  # nothing, or one failure, which needs no order
    # A clause that was not run may be one: then its failure was met in another's test.
    most = max(owners.values(), default=0)
    first = order([owner for owner, count in owners.items() if count == most] or own)[0]
    parts = [f"{transport}: fix first {first}"]
    if first in sentences:
        parts[0] += f" ({sentences[first]})"
    parts += _listed("same cause", same)
    parts += _listed("not judged", set(unjudged))
    parts += _listed("then", own - {first})
    return Remark("; ".join(parts), fails=True)


def _listed(what: str, clauses: set[str]) -> list[str]:
    return [f"{what}: {', '.join(order(clauses))}"] if clauses else []
