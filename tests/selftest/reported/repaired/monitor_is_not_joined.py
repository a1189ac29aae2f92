"""The thread is told that the run is over, and joined."""

from tests.selftest.reported import monitor_is_not_joined as bug


def _end(thread, over):
    over.set()
    thread.join()


run = bug.monitored(_end)
