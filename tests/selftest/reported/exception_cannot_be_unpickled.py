"""The exception of a worker travels as a pickle, which the caller cannot load: TypeError.

A class whose __init__ takes other arguments than those it hands to Exception can be pickled, and
not unpickled.  Here the caller raises what pickle.loads raises: neither pid nor text is told.
"""

import pickle

from tests.selftest.reported import _carried

REPORT = "https://github.com/python/cpython/issues/103061"
CAUGHT_BY = ("C8",)


def _dump(error):
    try:
        data = pickle.dumps(error)
    except Exception:  # noqa: BLE001 - whatever pickle has against it
        return _carried.text_of(error)
    return data if len(data) < 4000 else _carried.text_of(error)


def _load(data):
    if not data.startswith(b"\x80"):  # the first byte of a pickle
        return data.decode()
    return _carried.text_of(pickle.loads(data)).decode()  # noqa: S301 - from a worker


run = _carried.carried(_dump, _load)
