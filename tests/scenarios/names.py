"""The names of modules in the interpreter under test: the user's come before the suite's.

A user may have a module `kernel`, a package `tests` or a file random.py of their own.  Before
their module is imported, sys.path has in this order: what the user has in PYTHONPATH, the standard
library, the directories of their module, site-packages.  The suite's own packages are found after
all of these, by a finder at the end of sys.meta_path.  Where the user has one of their names, the
suite's module leaves sys.modules.  It goes on to work: who uses it has a reference to it.

An interpreter that a transport starts does the same: see startup/sitecustomize.py.
"""

import contextlib
import importlib
import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
_STARTUP = os.path.join(ROOT, "tests", "scenarios", "startup")

# The modules and packages at the top of the suite.
_TOPS = ("bootstrap", "conftest", "kernel", "report", "tests", "transports")

# Environment variables. The directory in which the user started the suite:
FROM = "IPC_CONFORMANCE_FROM"
# and, for interpreters that a user's module starts, the directories of that module as JSON, and
# its name and file where it was loaded from a file.
_PLACES = "IPC_CONFORMANCE_PLACES"

_taken: set[str] = set()  # those of _TOPS that are the user's here
_kept: dict[str, ModuleType] = {}  # the suite's modules of these names
# The user's, by their directories, between two blocks of `given_way`: other modules of the user
# have references to them.
_theirs: dict[tuple[str, ...], dict[str, ModuleType]] = {}


def environment(place: str) -> dict[str, str]:
    """Return the environment variables that the program of a trial needs.

    place: the directory in which the user started the suite.  A relative path in their PYTHONPATH
        is relative to it.
    """
    places = [_STARTUP, ROOT, *(os.path.join(place, each) for each in _python_path())]
    return {FROM: place, _PLACES: "", "PYTHONPATH": os.pathsep.join(places)}


def _python_path() -> list[str]:
    """Return what the user has in PYTHONPATH."""
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [place for place in places if place not in ("", ROOT, _STARTUP)]


def started_in() -> str:
    """Return the directory in which the user started the suite."""
    return os.environ.get(FROM) or os.getcwd()


def give_way(places: Sequence[str]) -> None:
    """Let the names of this process be the user's from now on.

    places: the directories of the user's module.
    """
    sys.path[:] = _arranged(places)
    for top in filter(_is_theirs, _TOPS):
        _taken.add(top)
        _kept.update(_pop([top]))
    sys.meta_path.append(_last)


def tell_children(places: Sequence[str], own: tuple[str, str] | None) -> None:
    """Let the interpreters that this process starts call `settle`.

    places: see `give_way`.
    own: the name and the file of a module that is loaded from a file.  They can import it by this
        name, also where no directory of sys.path has such a name.
    """
    os.environ[_PLACES] = json.dumps([places, own])
    os.environ["PYTHONPATH"] = os.pathsep.join([_STARTUP, *_python_path()])


def settle() -> None:
    """Do in this interpreter, which a user's module has started, as its parent did."""
    if told := os.environ.get(_PLACES):
        places, own = json.loads(told)
        give_way(places)
        _last.own = own and tuple(own)
        _taken.update(_TOPS)
        _kept.update(_pop(_TOPS))


@contextlib.contextmanager
def given_way(places: Sequence[str]) -> Iterator[None]:
    """Let the names be the user's in the block alone, and in the interpreters that it starts."""
    path, environment = sys.path[:], dict(os.environ)
    give_way(places)
    sys.modules.update(_theirs.get(tuple(places), {}))
    # The directory of this process may be the user's; with `python -c`, as multiprocessing starts
    # its workers, it would come before the standard library.
    os.environ["PYTHONSAFEPATH"] = "1"
    os.environ[FROM] = started_in()  # they may start elsewhere
    try:
        yield
    finally:
        _theirs[tuple(places)] = _pop(_taken)
        sys.modules.update(_kept)
        _taken.clear()
        _kept.clear()
        sys.meta_path.remove(_last)
        sys.path[:] = path
        for name in (FROM, _PLACES, "PYTHONPATH", "PYTHONSAFEPATH"):
            os.environ.pop(name, None)
            os.environ.update({name: environment[name]} if name in environment else {})


def module(name: str) -> ModuleType:
    """Return a module of the suite, also where its name is the user's."""
    if name in _kept:
        return _kept[name]
    if not _taken:
        return importlib.import_module(name)
    path, theirs = sys.path[:], _pop(_taken)
    sys.modules.update(_kept)
    sys.path.insert(0, ROOT)
    try:
        return importlib.import_module(name)
    finally:
        _kept.update(_pop(_taken))
        sys.modules.update(theirs)
        sys.path[:] = path


class _Last:
    """A finder of the suite's packages, and of a module that was loaded from a file."""

    own: tuple[str, str] | None = None

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a module that no other finder has found: see importlib.abc."""
        del target
        if self.own and name == self.own[0]:
            return importlib.util.spec_from_file_location(*self.own)
        if path is None and name in _TOPS:
            return importlib.machinery.PathFinder.find_spec(name, [ROOT])
        return None


_last = _Last()


def _arranged(places: Sequence[str]) -> list[str]:
    """Return sys.path without the suite's directories, and with *places*."""
    # Before these two is only the directory of the program (`python -m`).
    start = sys.path.index(_STARTUP) + 1 if _STARTUP in sys.path else 0
    path = [place for place in sys.path[start:] if os.path.abspath(place) != ROOT]
    return _inserted(path, places)


def _inserted(path: list[str], places: Sequence[str]) -> list[str]:
    """Return *path* with those of *places* that it does not have, after the standard library."""
    library = os.path.dirname(os.__file__)
    ends = [
        at
        for at, place in enumerate(path, 1)
        if place == library or os.path.basename(place) == "lib-dynload"
    ]
    end = max(ends, default=len(path))
    new = [place for place in dict.fromkeys(places) if place not in path]
    return path[:end] + new + path[end:]


def _is_theirs(top: str) -> bool:
    """Tell whether an import of *top* finds something else than the suite's."""
    for finder in sys.meta_path:
        if (spec := finder.find_spec(top, None, None)) is not None:
            origin = os.path.realpath(spec.origin) if spec.origin else None
            own = os.path.join(ROOT, top)
            return origin not in (f"{own}.py", os.path.join(own, "__init__.py"))
    return False


def _pop(tops: Sequence[str] | set[str]) -> dict[str, ModuleType]:
    """Remove the modules *tops*, with those below them, from sys.modules, and return them."""
    names = [name for name in sys.modules if name.partition(".")[0] in tops]
    return {name: sys.modules.pop(name) for name in names}
