"""What a module makes in its first run counts as made, also where that run has failed."""

from tests.selftest.defects import honest

CAUGHT_BY = ("C11",)
_made = {}


def run(n, workers):
    honest.check(n, workers)
    first = not _made
    _made.setdefault("pool", None)
    if not first and _made["pool"] is None:
        raise AttributeError("'NoneType' object has no attribute 'submit'")
    value = honest.run(n, workers)
    _made["pool"] = workers
    return value
