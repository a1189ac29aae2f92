"""Loads the module of a transport by its name or from its file, and says why it cannot be loaded.

What the user has named is loaded, and never a module of the suite that has the same name.
"""

import contextlib
import importlib
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Iterator
from types import ModuleType

from tests.scenarios import names
from tests.scenarios.protocol import CHANNEL

# Before a name that begins with "transports.": the user has named it, and may have such a package.
# Without it, a target with that beginning is a reference transport.
OWN = "own:"

NO_SUCH_MODULE = "there is no module"

# Where the code of the suite and of Python is: it calls that of the user.
_NOT_THEIRS = ("<frozen ", os.path.dirname(__file__), os.path.dirname(os.__file__))

_main: list[ModuleType] = []  # the module of this program


def give_way(target: str) -> None:
    """Let the names of this process be the user's from now on, unless *target* is the suite's.

    target: see `load`, which comes next.
    """
    if not _is_reference(target):
        names.give_way(_places(target))
        _tell_children(target)
        # A worker that starts a fresh interpreter imports the caller's program again, if that has a
        # name or a file: it would import the suite.
        _main.append(sys.modules["__main__"])
        sys.modules["__main__"] = ModuleType("__main__")


@contextlib.contextmanager
def given_way(target: str) -> Iterator[None]:
    """Let the names be the user's in the block: `load` and all calls of the module come there."""
    if _is_reference(target):
        yield
        return
    with names.given_way(_places(target)):
        _tell_children(target)
        yield


def load(target: str) -> ModuleType:
    """Import the module of a transport, after `give_way` or in the block of `given_way`.

    target: "transports.NAME" for a reference transport; the name of a module, with OWN before it
        if it begins with "transports."; or the absolute path of a file.  With ":channel" after it,
        return the channel of that module: see tests.scenarios.channel_as_run.
    """
    if target.endswith(CHANNEL):
        channel_as_run = names.module("tests.scenarios.channel_as_run")
        channel: ModuleType = channel_as_run.channel_of(load(target.removesuffix(CHANNEL)))
        return channel
    target = target.removeprefix(OWN)
    return _import(target, _name(target))


def _is_reference(target: str) -> bool:
    return target.startswith("transports.")


def _tell_children(target: str) -> None:
    file = target.removesuffix(CHANNEL)
    own = (_name(file), file) if file.endswith(".py") else None
    names.tell_children(_places(target), own)


def _places(target: str) -> list[str]:
    """Return the directories in which the user's modules are looked for."""
    file = target.removesuffix(CHANNEL)
    return [*([os.path.dirname(file)] if file.endswith(".py") else []), names.started_in()]


def _name(target: str) -> str:
    """Return the name under which to import *target*: for a file, one that no other module has."""
    if not target.endswith(".py"):
        return target
    name = os.path.basename(target).removesuffix(".py")
    if not name.isidentifier():
        return "transport_" + re.sub(r"\W", "_", name)
    taken = sys.modules.get(name) or importlib.util.find_spec(name)
    origin = getattr(taken, "origin", None)
    return name if origin and os.path.realpath(origin) == target else f"transport_{name}"


def _import(target: str, name: str) -> ModuleType:
    if name != target:
        spec = importlib.util.spec_from_file_location(name, target)
        assert spec
        assert spec.loader
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    module = importlib.import_module(name)
    file = os.path.join(names.started_in(), *name.split(".")) + ".py"
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names and os.path.exists(file):
        raise ImportError(f"{name} is a module of Python; for the file, use --transport={name}.py")
    if getattr(module, "__file__", None) is None and hasattr(module, "__path__"):
        raise ImportError(f"it is a directory: name a module in it, --transport={name}.MODULE")
    return module


def why(error: BaseException, target: str) -> str:
    """Return, in one line, why *target* could not be loaded.

    error: what `load` has raised.
    """
    target = target.removesuffix(CHANNEL).removeprefix(OWN)
    text = " ".join(str(error).split())
    where = _where(error)
    if isinstance(error, SystemExit):
        return f"it calls sys.exit({error.code!r}) when it is imported{where}"
    if isinstance(error, FileNotFoundError) and error.filename == target:
        return f"there is no file {target}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        if f"{target}.".startswith(f"{error.name}."):
            return f"{NO_SUCH_MODULE} {error.name} in {names.started_in()} or installed"
        hint = "to install a package for it: bootstrap.py --with PACKAGE"
        return f"ModuleNotFoundError: {text}{where}; {hint}"
    if isinstance(error, ImportError) and "no known parent package" in text:
        return f"it imports from its package: use --transport={_dotted(target)}"
    if isinstance(error, SyntaxError):
        where = ""  # the text has it
    if type(error) is ImportError and not where:
        return text  # of `load`
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    return f"{name}: {text}{where}" if text else f"{name}{where}"


def _where(error: BaseException) -> str:
    """Return the file and the line that raised *error*, of the user's files."""
    places = [
        f" ({os.path.basename(frame.filename)}, line {frame.lineno})"
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(_NOT_THEIRS)
    ]
    return places[-1] if places else ""


def _dotted(file: str) -> str:
    """Return the name of the module in *file*, from the directory in which the user started."""
    relative = os.path.relpath(file, os.path.realpath(names.started_in())).removesuffix(".py")
    if not relative.startswith(os.pardir):
        return relative.replace(os.sep, ".")
    parts = [os.path.basename(file).removesuffix(".py")]
    directory = os.path.dirname(file)
    while os.path.exists(os.path.join(directory, "__init__.py")):
        parts.insert(0, os.path.basename(directory))
        directory = os.path.dirname(directory)
    return f"{'.'.join(parts)}, and start in {directory}"
