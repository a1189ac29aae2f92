"""A cache was checked after it had been unpickled: version and fingerprint were in the pickle.

What a pickle calls is called when it is loaded.  Here the results come by a System V queue, as
pickles of a result and its digest.
"""

import pickle

from tests.selftest.defects import _base, _queue

REPORT = "https://github.com/repowise-dev/repowise/pull/1439"
CAUGHT_BY = ("G4",)


class Pickled(_base.Seal):
    """Frames that are loaded, and then verified."""

    def pack(self, number, value):
        frame = super().pack(number, value)
        return pickle.dumps({"result": frame[:-16], "digest": frame[-16:]})

    def unpack(self, frame):
        try:
            loaded = pickle.loads(frame)  # noqa: S301 - the bug
            frame = bytes(loaded["result"]) + bytes(loaded["digest"])
        except Exception:  # noqa: BLE001 - it may be any
            return {}
        return super().unpack(frame)


def through(n, workers, seal):
    with _queue.keyed() as queue:
        return _queue.through(queue, n, workers, seal=seal)


@_base.careful
def run(n, workers):
    return through(n, workers, Pickled())
