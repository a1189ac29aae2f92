"""Loads the module of a transport by its name or from its file, and says why it cannot be loaded.

What the user has named is loaded, and never a module of the suite that has the same name.
"""

import importlib
import importlib.util
import os
import re
import sys
import traceback
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


def load(target: str, *, alone: bool = False) -> ModuleType:
    """Import the module of a transport.

    target: "transports.NAME" for a reference transport; the name of a module, with OWN before it
        if it begins with "transports."; or the absolute path of a file.  With ":channel" after it,
        return the channel of that module: see tests.scenarios.channel_as_run.
    alone: this process, and what it starts, is the transport's from now on.  If not, the suite's
        modules are back in sys.modules after the import.
    """
    if target.endswith(CHANNEL):
        channel_as_run = names.module("tests.scenarios.channel_as_run")
        loaded = load(target.removesuffix(CHANNEL), alone=alone)
        channel: ModuleType = channel_as_run.channel_of(loaded)
        return channel
    if target.startswith("transports."):
        return importlib.import_module(target)
    target = target.removeprefix(OWN)
    places = _places(target)
    if not alone:
        with names.given_way(places):
            return _import(target, _name(target))
    names.give_way(places)
    name = _name(target)
    names.tell_children(places, (name, target) if name != target else None)
    # A worker that starts a fresh interpreter imports the caller's program again, if that has a
    # name or a file: it would import the suite.
    _main.append(sys.modules["__main__"])
    sys.modules["__main__"] = ModuleType("__main__")
    return _import(target, name)


def _started_in() -> str:
    return os.environ.get(names.FROM) or os.getcwd()


def _places(target: str) -> list[str]:
    """Return the directories in which the user's modules are looked for."""
    return [*([os.path.dirname(target)] if target.endswith(".py") else []), _started_in()]


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
    file = os.path.join(_started_in(), *name.split(".")) + ".py"
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
            return f"{NO_SUCH_MODULE} {error.name} in {_started_in()} or installed"
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
    relative = os.path.relpath(file, os.path.realpath(_started_in())).removesuffix(".py")
    if not relative.startswith(os.pardir):
        return relative.replace(os.sep, ".")
    parts = [os.path.basename(file).removesuffix(".py")]
    directory = os.path.dirname(file)
    while os.path.exists(os.path.join(directory, "__init__.py")):
        parts.insert(0, os.path.basename(directory))
        directory = os.path.dirname(directory)
    return f"{'.'.join(parts)}, and start in {directory}"
