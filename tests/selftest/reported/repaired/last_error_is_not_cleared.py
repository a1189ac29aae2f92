"""An error is cleared when it has been told."""

from tests.selftest.reported import last_error_is_not_cleared as bug


def _told():
    text = bug.last()
    bug.clear()
    return text


run = bug.asking(_told)
