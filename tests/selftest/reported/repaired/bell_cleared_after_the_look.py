"""The bell is cleared before the look, so that what is rung later is heard."""

from tests.selftest.defects import _base
from tests.selftest.reported import bell_cleared_after_the_look as bug


def _clear_and_look(look, clear):
    clear()
    return look()


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _clear_and_look)
