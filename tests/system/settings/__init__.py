"""The settings of a process that a run must not change: snapshots, and how two of them differ.

signals         handlers, mask, timers: what clause E2 judges
process         directory, umask, limits, environment, scheduling
proc            all that the kernel tells in /proc/self
prctl           all that prctl(2) can read
descriptors     flags, offset and terminal settings of the descriptors that are open
library         what the standard library has for the process as a whole
interpreter     sys, builtins, and functions of the standard library that were replaced

Apart from `signals` all of them are for clause E6.  What a run leaves, such as a descriptor, a
thread or a child, is no setting: see `tests.system.resources`.
"""

from collections.abc import Collection

from tests.system.settings import (
    descriptors,
    interpreter,
    library,
    prctl,
    proc,
    process,
    signals,
)
from tests.system.settings.groups import Settings, by_kind, changes, only_steady, without_imports

__all__ = [
    "Settings",
    "changes",
    "of_signals",
    "of_the_rest",
    "only_steady",
    "open_descriptors",
    "without_imports",
]

open_descriptors = descriptors.open_now


def of_signals() -> Settings:
    """Return the settings of the signals and timers of this process, in its main thread."""
    return by_kind(signals.groups())


def of_the_rest(fds: Collection[int]) -> Settings:
    """Return all other settings of this process, in its main thread.

    fds: the descriptors that count, from `open_descriptors`.  One that is open no more is closed.
    """
    modules = (process, proc, prctl, library, interpreter)
    return by_kind(
        [*(group for module in modules for group in module.groups()), descriptors.group(fds)]
    )
