"""What people use today, as the documentation of each shows it, and no more careful than that.

They are judged like every transport: `--transport=tests.peers.pool`.  docs/results has what was
seen, and README.md the grid of it.
"""

from importlib.util import find_spec

_EXTRAS = {
    "deadpool": "deadpool",
    "cloudtoid_interprocess": "cloudtoid",
    "py_sharedmemory": "py-sharedmemory",
}
"""The extras of pyproject.toml that do not have the name of the module."""


def missing(module: str) -> str | None:
    """Return why a library cannot be used, or None: it is installed.

    module: the name by which it is imported.
    """
    if find_spec(module) is not None:
        return None
    extra = _EXTRAS.get(module, module)
    return f"{module} is not installed: python3 bootstrap.py --extra {extra} test"
