"""Packages that the suite uses itself, whatever modules of the same names a user has."""

import importlib.util
import site
import sys
from functools import cache
from importlib.machinery import PathFinder
from types import ModuleType


@cache
def installed(name: str) -> ModuleType | None:
    """Return a module from the directories of installed packages, or None if it is not there.

    It does not stay in sys.modules: an import by this name, in the module under test, finds what
    is the user's.
    """
    spec = PathFinder.find_spec(name, [*site.getsitepackages(), site.getusersitepackages()])
    if spec is None or spec.loader is None:
        return None
    before = sys.modules.get(name)
    try:
        # An extension module enters itself into sys.modules.
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before
    return module
