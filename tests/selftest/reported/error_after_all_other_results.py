"""A pool that was to tell of a dead worker did so only when all other tasks were done.

Here the caller waits for the results of all others when one has died, and raises its error then.
If two are dead, there is one that never comes.
"""

import contextlib
import mmap
import os
import select

from tests.selftest.defects import _base, honest
from tests.selftest.reported import _call, _slots

REPORT = "https://github.com/python/cpython/pull/16103"
CAUGHT_BY = ("C2", "C10")
_blame, _watch = _base.blame, honest.watch


def _count(pid, r, pids, open_now, poller):
    _watch(pid, r, pids, open_now, poller)
    _call.current().forked += 1


def _blame_at_last(number, pid, status, text):
    call = _call.current()
    poller = select.poll()
    poller.register(call.bell, select.POLLIN)
    others = set(range(call.forked)) - {number}
    while others - _slots.there(call.memory, call.forked).keys():
        honest.wait(poller)
        os.read(call.bell, 4096)
    return _blame(number, pid, status, text)


def blaming(blame):
    """Return run; blame: makes the error of a dead worker."""

    @_base.careful
    def run(n, workers):
        with contextlib.ExitStack() as stack:
            memory = stack.enter_context(mmap.mmap(-1, _slots.SIZE * workers))
            bell, rope = os.pipe()
            stack.callback(os.close, bell)
            stack.callback(os.close, rope)
            stack.enter_context(_call.call(memory=memory, bell=bell, forked=0))

            def work(number, value):
                _slots.put(memory, number, value)
                os.write(rope, b"!")

            def take(_):
                return _slots.there(memory, workers)

            return _base.total(_base.gather(n, workers, work, take))

    _base.blame, honest.watch = blame, _count
    return run


at_once = _blame
run = blaming(_blame_at_last)
