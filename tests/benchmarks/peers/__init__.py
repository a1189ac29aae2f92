"""Peers of the transports: what else a program would use, for the tables of the benchmarks.

Each module here does the same work as a transport, with the arithmetic of `kernel`, so that
the tables compare what it costs to hand over the work and the sums.  It has

``unsupported()``
    Why it cannot be had here, or None.
``run(n, workers)``
    Cold: all is set up inside of the call and gone after it, as with a transport.
``warm(workers)``
    A context manager that gives a ``run(n, workers)`` whose workers, and all that leads to
    them, are there already.

They are used as their own documentation does.  None keeps the clauses: a worker that dies is
at best an exception after `PATIENCE` seconds.
"""

import importlib
import struct

PATIENCE = 60  # seconds for a sum to come

SUM = struct.Struct("=d")
SLICE = struct.Struct("=QQ")


def missing(module: str, extra: str) -> str | None:
    """Return why *module*, of the extra of that name, cannot be imported, or None."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        return f"{error}: python3 bootstrap.py --extra {extra} bench"
    return None
