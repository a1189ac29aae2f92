"""What the standard library has for a process as a whole: what its setters set.

tests/unit/test_settings_list.py walks the standard library for setters, and has a list of those
that do not concern the process as a whole, or whose effect cannot be read.
"""

import contextlib
import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from tests.system.settings.groups import Group

# What a run may be the first to import, and to set then. Other modules are read if imported.
_READ_AT_ONCE = ("asyncio", "decimal", "logging", "multiprocessing")

# By setter, what tells that it was called: attributes and calls without arguments, read one after
# the other; or a name in _SPECIAL.
COMPARED = {
    "asyncio.events.set_child_watcher": "asyncio",
    "asyncio.events.set_event_loop": "asyncio",
    "asyncio.events.set_event_loop_policy": "asyncio",
    "atexit.register": "atexit",
    "atexit.unregister": "atexit",
    "calendar.setfirstweekday": "calendar.firstweekday()",
    "csv.field_size_limit": "csv.field_size_limit()",
    "csv.register_dialect": "csv.list_dialects()",
    "csv.unregister_dialect": "csv.list_dialects()",
    "decimal.setcontext": "decimal",
    "gc.disable": "gc.isenabled()",
    "gc.enable": "gc.isenabled()",
    "gc.freeze": "gc",
    "gc.set_debug": "gc.get_debug()",
    "gc.set_threshold": "gc.get_threshold()",
    "gc.unfreeze": "gc",
    "locale.setlocale": "locale",
    "logging.basicConfig": "logging",
    "logging.captureWarnings": "logging",
    "logging.disable": "logging",
    "logging.setLogRecordFactory": "logging.getLogRecordFactory()",
    "logging.setLoggerClass": "logging.getLoggerClass()",
    "multiprocessing.forkserver.set_forkserver_preload": "multiprocessing",
    "multiprocessing.set_executable": "multiprocessing.spawn.get_executable()",
    "multiprocessing.set_forkserver_preload": "multiprocessing",
    "multiprocessing.set_start_method": "multiprocessing",
    "multiprocessing.spawn.set_start_method": "multiprocessing",
    "multiprocessing.spawn.set_executable": "multiprocessing.spawn.get_executable()",
    "pdb.set_default_backend": "pdb.get_default_backend()",
    "random.seed": "random",
    "random.setstate": "random",
    "readline.set_completer": "readline.get_completer()",
    "readline.set_completer_delims": "readline.get_completer_delims()",
    "readline.set_history_length": "readline.get_history_length()",
    "shutil.register_archive_format": "shutil.get_archive_formats()",
    "shutil.register_unpack_format": "shutil.get_unpack_formats()",
    "shutil.unregister_archive_format": "shutil.get_archive_formats()",
    "shutil.unregister_unpack_format": "shutil.get_unpack_formats()",
    "socket.setdefaulttimeout": "socket.getdefaulttimeout()",
    "sqlite3.register_adapter": "sqlite3.adapters",
    "sqlite3.register_converter": "sqlite3.converters",
    "sys.activate_stack_trampoline": "sys.is_stack_trampoline_active()",
    "sys.deactivate_stack_trampoline": "sys.is_stack_trampoline_active()",
    "sys.set_asyncgen_hooks": "sys.get_asyncgen_hooks()",
    "sys.set_coroutine_origin_tracking_depth": "sys.get_coroutine_origin_tracking_depth()",
    "sys.set_int_max_str_digits": "sys.get_int_max_str_digits()",
    "sys.set_lazy_imports": "sys.get_lazy_imports()",
    "sys.set_lazy_imports_filter": "sys.get_lazy_imports_filter()",
    "sys.setdlopenflags": "sys.getdlopenflags()",
    "sys.setprofile": "sys.getprofile()",
    "sys.setrecursionlimit": "sys.getrecursionlimit()",
    "sys.setswitchinterval": "sys.getswitchinterval()",
    "sys.settrace": "sys.gettrace()",
    "tempfile.tempdir": "tempfile",
    "threading.setprofile": "threading.getprofile()",
    "threading.setprofile_all_threads": "threading.getprofile()",
    "threading.settrace": "threading.gettrace()",
    "threading.settrace_all_threads": "threading.gettrace()",
    "threading.stack_size": "threading",
    "time.tzset": "time.tzname",
    "tracemalloc.start": "tracemalloc.is_tracing()",
    "tracemalloc.stop": "tracemalloc.is_tracing()",
    "urllib.request.install_opener": "urllib.request._opener",
    "webbrowser.register": "webbrowser._browsers",
    "xml.etree.ElementTree.register_namespace": "xml.etree.ElementTree._namespace_map",
    "warnings.filterwarnings": "warnings",
    "warnings.simplefilter": "warnings",
}


def groups() -> Iterator[Group]:
    """Yield what tells of COMPARED, of the modules that are imported."""
    for name in _READ_AT_ONCE:
        importlib.import_module(name)
    plain: dict[str, object] = {}
    for expression in sorted({*COMPARED.values()} - _SPECIAL.keys()):
        with contextlib.suppress(AttributeError):  # not imported; or of another version of Python
            plain[expression] = repr(_read(expression))  # a text, which stays as it is
    yield Group("{}", plain)
    for name, read in _SPECIAL.items():
        with contextlib.suppress(AttributeError, KeyError):
            yield Group("{}", read(sys.modules[name]), by_import=name in _BY_IMPORT)
    with contextlib.suppress(AttributeError):
        yield Group("{}", _monitoring())


def tells(expression: str) -> bool:
    """Tell whether an expression of COMPARED can be read, of a module that is imported."""
    if expression not in _SPECIAL:
        try:
            _read(expression)
        except AttributeError:
            return False
    return True


def _read(expression: str) -> object:
    """Return what an expression of COMPARED gives, or raise AttributeError."""
    name, _, rest = expression.partition(".")
    while (more := f"{name}.{rest.partition('.')[0]}") in sys.modules:
        name, rest = more, rest.partition(".")[2]
    if name not in sys.modules:
        raise AttributeError(f"{name} is not imported")
    found: Any = sys.modules[name]
    for part in rest.split("."):
        found = getattr(found, part.removesuffix("()"))
        found = found() if part.endswith("()") else found
    return found


def _asyncio(asyncio: Any) -> dict[str, object]:
    """Return policy and loop without making any: get_event_loop would."""
    events = asyncio.events
    policy = getattr(events, "_event_loop_policy", None)
    loop = getattr(getattr(policy, "_local", None), "_loop", None)
    # None stands for the default, and the first use of asyncio makes it.
    other = None if type(policy).__module__.startswith("asyncio.") else policy
    return {
        "the event loop policy of asyncio": other,
        "the event loop of asyncio": loop,
        "the running loop of asyncio": events._get_running_loop(),
    }


def _decimal(decimal: Any) -> dict[str, object]:
    def text(context: Any) -> str:
        plain = context.copy()
        plain.clear_flags()  # which arithmetic sets
        return repr(plain)

    return {
        "decimal.getcontext()": text(decimal.getcontext()),
        "decimal.DefaultContext": text(decimal.DefaultContext),
    }


def _logging(logging: Any) -> dict[str, object]:
    root = logging.root
    return {
        "the level of the root logger": logging.getLevelName(root.level),
        "the list of handlers of the root logger": tuple(root.handlers),
        "the list of filters of the root logger": tuple(root.filters),
        "disabled of the root logger": root.disabled,
        "the level that logging.disable() has set": logging.getLevelName(root.manager.disable),
        "logging.raiseExceptions": logging.raiseExceptions,
        "logging.lastResort": logging.lastResort,
    }


def _multiprocessing(multiprocessing: Any) -> dict[str, object]:
    process = multiprocessing.current_process()
    found: dict[str, object] = {
        "multiprocessing.get_start_method()": repr(multiprocessing.get_start_method(True)),
        "multiprocessing.current_process().name": process.name,
        "multiprocessing.current_process().daemon": process.daemon,
        "multiprocessing.current_process().authkey": f"one with hash {_hash(process.authkey)}",
    }
    with contextlib.suppress(KeyError, AttributeError):
        server = sys.modules["multiprocessing.forkserver"]._forkserver
        found["the preloaded modules of multiprocessing.forkserver"] = tuple(
            server._preload_modules
        )
    return found


def _monitoring() -> dict[str, object]:
    """Return the tools of sys.monitoring, and what they watch: PEP 669."""
    monitoring = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    return {
        f"tool {tool} of sys.monitoring": f"{name} with events {monitoring.get_events(tool):#x}"
        if (name := monitoring.get_tool(tool)) is not None
        else "none"
        for tool in range(6)
    }


# gc.freeze() takes all objects, some ten thousand; a collection of CPython 3.12 some hundreds.
_FROZEN = 3000


def _hash(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:8]


def _threading(threading: Any) -> dict[str, object]:
    size = threading.stack_size()  # which sets it to 0, too
    threading.stack_size(size)
    return {"threading.stack_size()": size}


# By module, what takes more than an expression.
_SPECIAL: dict[str, Callable[[Any], dict[str, object]]] = {
    "asyncio": _asyncio,
    "atexit": lambda atexit: {"the number of functions of atexit": atexit._ncallbacks()},
    "decimal": _decimal,
    "gc": lambda gc: {"whether gc.freeze() is in force": gc.get_freeze_count() > _FROZEN},
    "locale": lambda locale: {"the locale": locale.setlocale(locale.LC_ALL)},
    "logging": _logging,
    "multiprocessing": _multiprocessing,
    "random": lambda random: {"the state of random": f"one with hash {_hash(random.getstate())}"},
    # The first use of tempfile finds it.
    "tempfile": lambda tempfile: {"tempfile.tempdir": tempfile.tempdir} if tempfile.tempdir else {},
    "threading": _threading,
    "warnings": lambda warnings: {"the list of filters of warnings": tuple(warnings.filters)},
}
_BY_IMPORT = {"atexit", "warnings"}
