"""What planted modules say of themselves, read without importing them: some patch other modules."""

import ast
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any

from tests import harness


def modules(package: ModuleType) -> list[str]:
    """Return the full names of the modules of *package*, but for those of its own use."""
    found = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.ispkg)
    return [f"{package.__name__}.{name}" for name in found if not name.startswith("_")]


def declared(module: str, name: str) -> Any:
    """Return the literal that *module* assigns to *name*.  Raises AssertionError if it does not."""
    path = Path(harness.ROOT, *module.split(".")).with_suffix(".py")
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"{path} does not say {name}")
