"""What belongs to one call of `run`: to its thread, and to the inner one of nested calls."""

import contextlib
import threading
import types

_here = threading.local()


@contextlib.contextmanager
def call(**values):
    outer, mine = getattr(_here, "values", None), types.SimpleNamespace(**values)
    _here.values = mine
    try:
        yield mine
    finally:
        if _here.values is mine:  # not if a handler has raised at the `with`, and this comes later
            _here.values = outer


def current():
    return _here.values
