"""Lists the setters of the standard library: ``python -m tests.unit.library_walk``.

It imports all modules, so it is a program of its own.
"""

import contextlib
import importlib
import inspect
import json
import pkgutil
import re
import sys
import warnings
from collections.abc import Iterator
from types import ModuleType

# These are programs, or they act when they are imported.
_PROGRAMS = {"antigravity", "ensurepip", "idlelib", "lib2to3", "test", "this", "turtle", "venv"}
_PROGRAMS |= {"turtledemo", "unittest", "distutils", "tkinter"}

# How functions are named that set something for the whole process.
_SETTER = re.compile(
    r"set_?[A-Za-z]\w*|(enable|disable|install|activate|deactivate|capture|freeze|unfreeze)(_?[a-z]\w*)?"
    r"|(un)?register(_?[a-z]\w*)?|start|stop|use_tool_id|basicConfig|\w*filter|tzset|seed|umask"
    r"|stack_size|field_size_limit|captureWarnings"
)
_NO_SETTER = re.compile(r"setup\w*|start_\w+|\w*_filter|filter|settings")


def setters() -> list[str]:
    """Return the public functions that look like setters, as "module.name"."""
    return sorted({f"{module.__name__}.{name}" for module in _modules() for name in _of(module)})


def _modules() -> Iterator[ModuleType]:
    names = [name for name in sorted(sys.stdlib_module_names) if name not in _PROGRAMS]
    while names:
        name = names.pop()
        module = _imported(name)
        if module is None:
            continue
        if not any(part.startswith("_") for part in name.split(".")):
            yield module
        for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
            names += [f"{name}.{found.name}"] * (found.name not in ("__main__", "test", "tests"))


def _imported(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except BaseException:  # noqa: BLE001 - it is not for this platform, whatever it says
        return None


def _of(module: ModuleType) -> Iterator[str]:
    for name in dir(module):
        if not _SETTER.fullmatch(name) or _NO_SETTER.fullmatch(name):
            continue
        found = getattr(module, name, None)
        if inspect.isroutine(found) and not _is_of_another(module, found, name):
            yield name


def _is_of_another(module: ModuleType, found: object, name: str) -> bool:
    """Tell whether a public module has that function, and *module* has imported it from there."""
    home = getattr(found, "__module__", None) or module.__name__
    known = home != module.__name__ and not home.startswith("_") and home in sys.modules
    return known and getattr(sys.modules[home], name, None) is found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(sys.stderr):
        found = setters()
    print(json.dumps(found))
