"""Gives up after a quarter of a second, a limit of its own that nobody has asked for."""

from tests.selftest.defects import honest

CAUGHT_BY = ("D3",)


def _wait(poller):
    ready = honest.look(poller, 250)
    if not ready:
        raise RuntimeError("the workers take too long")
    return ready


honest.wait = _wait
run = honest.run
