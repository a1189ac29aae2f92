"""What a module makes in its first run counts as made, also where that run has failed."""

from tests.selftest.defects import honest

CAUGHT_BY = ("C11",)
_made = {}


def run(n, workers):
    honest.check(n, workers)
    first = "pool" not in _made
    if _made.setdefault("pool", "being made") is None:
        raise AttributeError("'NoneType' object has no attribute 'submit'")
    try:
        return honest.run(n, workers)
    except BaseException:
        if first:
            _made["pool"] = None
        raise
