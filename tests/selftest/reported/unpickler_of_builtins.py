"""An unpickler that was called restricted let through all of some modules, builtins among them.

So a pickle could call eval.  Here the results come by TCP as pickles, from whoever connects.
"""

import io
import pickle

from tests.selftest.defects import _base, _socket

REPORT = "https://github.com/uber/petastorm/issues/741"
CAUGHT_BY = ("G4", "G2", "G5")
SIZE = 64
MODULES = {"builtins", "collections", "decimal"}


class Restricted(pickle.Unpickler):
    """An unpickler that knows the classes of some modules."""

    def find_class(self, module, name):
        if module not in MODULES:
            raise pickle.UnpicklingError(f"{module}.{name} is forbidden")
        return super().find_class(module, name)


def _pack(number, value):
    return pickle.dumps((number, value)).ljust(SIZE, b"\0")  # the end of a pickle is in itself


def _unpack(frame):
    try:
        number, value = Restricted(io.BytesIO(frame)).load()
    except Exception:  # noqa: BLE001 - it may be any
        return {}
    return {number: value}


@_base.careful
def run(n, workers):
    return _socket.tcp(n, workers, pack=_pack, unpack=_unpack, size=SIZE, trust=True)
