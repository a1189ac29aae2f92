"""Other programs on the machine: no transport is blamed for the objects that these make.

Where trials have no namespaces of their own, nothing tells whether an object was made by a trial or
by another program.  So after a failure because of such an object, the suite looks whether others
make or remove objects while no trial runs.  If they do, the clause is not judged.
"""

import re
import time

from tests.harness.apart import refused
from tests.harness.outcome import VERDICTS
from tests.harness.places import SHARED
from tests.system import resources
from tests.system.deadline import Deadline

__all__ = ["at_work", "explanation"]

_WATCH = 2.0  # seconds in which others are waited for
_ENOUGH = 0.2  # seconds to watch on when one is seen, for what else it makes
_PAUSE = 0.005

# Verdicts that another program's objects cannot bring about.
_LEAK = "LEAK"
_OF_A_RUN = re.compile(rf"\b({'|'.join({*VERDICTS, 'WRONG'} - {_LEAK})})\b")
_SHARED = re.compile(rf"System V|POSIX queue| in (?:{'|'.join(map(re.escape, SHARED))}): ")
# Families with clauses about the objects that appear during a run.
_OF_OBJECTS = "GH"


def at_work() -> list[str]:
    """Return the kinds of objects that appear or vanish now, while no trial runs."""
    before, kinds = resources.of_the_system(*SHARED), set[str]()
    deadline = Deadline(_WATCH)
    while not deadline.is_over():
        time.sleep(_PAUSE)
        now = resources.of_the_system(*SHARED)
        if changed := before ^ now:
            if not kinds:
                deadline = Deadline(_ENOUGH)
            kinds |= {f"files in {one.place}" if one.place else one.kind for one in changed}
        before = now
    return sorted(kinds)


def explanation(clause: str, text: str) -> str:
    """Return why a failure of *clause* may be the doing of another program, or "".

    text: what the failure says.
    """
    if refused() is None or _OF_A_RUN.search(text):
        return ""
    leaks = [line for line in text.splitlines() if f"{_LEAK}: " in line]
    if not all(map(_SHARED.search, leaks)) or not (leaks or clause[:1] in _OF_OBJECTS):
        return ""
    kinds = ", ".join(at_work())
    if not kinds:
        return ""
    return (
        f"other programs make and remove objects here ({kinds}), and nothing tells whose they are: "
        "run the suite alone, or where trials may have namespaces"
    )
