"""A mailer told of the wrong builder: a function made in a loop looks up the loop's last value.

Here a function is made for each worker, which tells its pid when it has failed.
"""

import os

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/buildbot/buildbot/pull/488"
CAUGHT_BY = ("C7", "C8", "C9")
_watch = honest.watch


def _names_in_a_loop(pids):
    return {pid: lambda: f"pid {pid}" for pid in pids}  # noqa: B023 - the bug


def names(pids):
    return {pid: lambda pid=pid: f"pid {pid}" for pid in pids}


def naming(named):
    """Return run; named(pids): gives for each pid a function that tells it."""

    def watch(pid, r, pids, open_now, poller):
        _watch(pid, r, pids, open_now, poller)
        _call.current().started.append(pid)

    def lost(pid, status, said):
        name = named(_call.current().started)[pid]()
        code = os.waitstatus_to_exitcode(status)
        how = f"signal {-code}" if code < 0 else code
        raise RuntimeError(f"{name} ended with {how}: {said[8:].decode(errors='replace')}")

    @honest.careful
    def run(n, workers):
        with _call.call(started=[]):
            return honest.run(n, workers)

    honest.watch, honest.lost = watch, lost
    return run


run = naming(_names_in_a_loop)
