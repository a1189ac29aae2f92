"""All scenarios, imported at once: by the zygote, before any trial needs one."""

import importlib
import pkgutil

import tests.scenarios

_PROGRAMS = {"__main__", "startup"}


def load() -> None:
    """Import every module of scenarios."""
    for found in pkgutil.iter_modules(tests.scenarios.__path__):
        if found.name not in _PROGRAMS:
            importlib.import_module(f"{tests.scenarios.__name__}.{found.name}")
