"""The scenarios, imported at once: by the zygote, before any trial needs one."""

import importlib
import pkgutil

import tests.scenarios

_PROGRAMS = {"__main__", "startup"}

# These import asyncio and multiprocessing: what a process has mapped makes each fork of each trial
# dearer, with these two by a half.  The few trials that need them import them themselves.
_HEAVY = {"kept_settings", "odd_callers"}


def load() -> None:
    """Import every module of scenarios but the heavy ones."""
    for found in pkgutil.iter_modules(tests.scenarios.__path__):
        if found.name not in _PROGRAMS | _HEAVY:
            importlib.import_module(f"{tests.scenarios.__name__}.{found.name}")
