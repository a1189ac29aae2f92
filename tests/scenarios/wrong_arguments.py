"""Calls of `run` with what is no number of terms or of workers."""

import os
from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from typing import Any

from tests.scenarios.injection import Births, log_birth
from tests.scenarios.protocol import Log, inject
from tests.system import resources

# A tuple is an argument of %, and no value, where a message is made by that.
_NO_INTS = (float("inf"), Decimal(2), Fraction(2), (2,), "%d{n}")


def tried(module: ModuleType, log: Log) -> None:
    """Call `run` with invalid arguments; log for each whether anything was created."""
    module.run(2, 2)
    births = Births(log)
    wrong: list[tuple[Any, Any]] = [(-1, 2), (2, 0), (2, -1), (-5, -5)]
    for value in (True, False, 2.0, "2", None, 1e3, float("nan"), b"2", [2], 2 + 0j, *_NO_INTS):
        wrong += [(value, 2), (2, value)]
    # Where there is nothing to sum, a run may be over before its workers are looked at.
    wrong += [(0, -1), (0, True), (0, 2.0), (0, "2")]
    before = _created()
    for n, workers in wrong:
        births.arm(inject(log_birth))
        outcome = log.call(module.run, n, workers)
        created = _created()
        log(
            "made",
            n=outcome["n"],
            workers=outcome["workers"],
            births=births.count,
            new=resources.added(before, created),
        )
        before = created


def _created() -> resources.Inventory:
    """Return all that this process, its directories and the system have."""
    places = (os.environ["TMPDIR"], os.getcwd())
    return (resources.of_this_process() | resources.system_v()).union(*map(resources.files, places))
