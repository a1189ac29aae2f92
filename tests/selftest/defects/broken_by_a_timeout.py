"""What a run whose time was over has left of its state makes the next one fail."""

from tests.selftest.reported import _timed

CAUGHT_BY = ("D3",)
_timed_out = []
_run = _timed.timed(over=lambda: _timed_out.append(True))


def run(n, workers, *, timeout=None):
    if timeout is None and _timed_out:
        raise RuntimeError("an earlier run has not ended yet")
    return _run(n, workers, timeout=timeout)
