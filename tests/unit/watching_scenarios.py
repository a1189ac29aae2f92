"""Scenarios of test_watching: those of tests.scenarios as on a system that has no /proc."""

from types import ModuleType

from tests.scenarios import basics, faults, idle, watching
from tests.scenarios.protocol import Log


def killed_unwatched(module: ModuleType, log: Log, n: int) -> None:
    """End each of two workers amid its work, by what is inside of it."""
    watching.possible = lambda: False
    faults.killed(module, log, how=[9, "exit", "raise"], when="work", n=n, workers=2)


def worked_unwatched(module: ModuleType, log: Log, n: int) -> None:
    """Let workers tell themselves that they compute."""
    watching.possible = lambda: False
    basics.worked(module, log, n=n, workers=2)


def interrupted_unwatched(module: ModuleType, log: Log, n: int) -> None:
    """Let timers of the workers send them signals."""
    watching.possible = lambda: False
    faults.interrupted(module, log, n=n, workers=2, times=3)


def short_unwatched(module: ModuleType, log: Log) -> None:
    """Let a short run be idle for what its CPU time does not explain."""
    watching.possible = lambda: False
    idle.short(module, log, workers=10, times=10)
