"""What belongs to one call of `run`: to its thread, and to the inner one of nested calls."""

import contextlib
import threading
import types

_here = threading.local()


@contextlib.contextmanager
def call(**values):
    outer = getattr(_here, "values", None)
    _here.values = types.SimpleNamespace(**values)
    try:
        yield _here.values
    finally:
        _here.values = outer


def current():
    return _here.values
