"""What comes in is unpickled, and looked at afterwards."""

import pickle

from tests.selftest.defects import _base, _queue

CAUGHT_BY = ("G2", "G4")


class Pickles(_base.Seal):
    """Checks the key when it is too late."""

    def pack(self, number, value):
        return pickle.dumps((self.key, number, value))

    def unpack(self, frame):
        try:
            given, number, value = pickle.loads(frame)  # noqa: S301 - the defect
        except Exception:  # noqa: BLE001 - whatever it is, it is none of ours
            return {}
        return {number: value} if given == self.key else {}


@_base.careful
def run(n, workers):
    with _queue.keyed() as queue:
        return _queue.through(queue, n, workers, seal=Pickles())
