"""What a program may replace in the interpreter: sys, builtins, functions of the library."""

import builtins
import copyreg
import sys
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType

from tests.system.settings.groups import Group

# Attributes of sys that are not compared, and why.
SYS_NOT_COMPARED = {
    "last_exc": "of the last error",
    "last_traceback": "of the last error",
    "last_type": "of the last error",
    "last_value": "of the last error",
    "lazy_modules": "what was imported",
    "modules": "what was imported",
    "path_importer_cache": "what was imported",
}

# How modules are found. A first run may import one that adds to these.
_SYS_BY_IMPORT = {"path", "meta_path", "path_hooks", "warnoptions"}

_REPLACEABLE = (FunctionType, BuiltinFunctionType, type)


def groups() -> Iterator[Group]:
    """Yield the attributes of sys and builtins, and the functions of all that is imported."""
    attributes = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in vars(sys).items()
        if name not in SYS_NOT_COMPARED
    }
    by_import = {name: attributes.pop(name) for name in _SYS_BY_IMPORT & attributes.keys()}
    yield Group("sys.{}", attributes, gone="none")
    yield Group("sys.{}", by_import, by_import=True, gone="none")
    yield Group("the builtin {}", dict(vars(builtins)), gone="none")
    # Modules that are imported later may replace some, as readline does with input's.
    yield Group("the standard library's {}", dict(_functions()), by_import=True)
    table = {str(kind): reduce for kind, reduce in copyreg.dispatch_table.items()}
    yield Group("copyreg.dispatch_table[{}]", dict(table), by_import=True, gone="none")


def _functions() -> Iterator[tuple[str, object]]:
    """Yield the functions and classes of modules of the standard library that are imported."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in sys.stdlib_module_names and name not in ("sys", "builtins"):
            for attribute, value in list(vars(module).items()):
                if isinstance(value, _REPLACEABLE):
                    yield f"{name}.{attribute}", value
