"""A daemon slept for ever now and then: the signal that was to wake it came just before pause(2).

Here a worker has put its result into shared memory, and waits until the caller says by a signal
that it has seen that.  The worker looks whether the signal has come, and calls pause(2) if not.
"""

import contextlib
import errno
import mmap
import os
import signal

from tests.selftest.defects import _base, honest
from tests.selftest.reported import _call, _slots

REPORT = "https://github.com/inverse-inc/packetfence/issues/3435"
CAUGHT_BY = ("D4",)
SEEN = signal.SIGWINCH  # it ends nobody
_watch = honest.watch


def _remember(pid, r, pids, open_now, poller):
    _watch(pid, r, pids, open_now, poller)
    _call.current().workers.append(next(reversed(pids)))


def tell(worker):
    try:
        signal.pidfd_send_signal(worker, SEEN)
    except OSError as error:
        if error.errno not in (errno.ESRCH, errno.EBADF):  # it has been killed
            raise


def through(n, workers, prepare):
    """Run; prepare(): called by a worker before it tells; it gives what waits for the signal."""
    with contextlib.ExitStack() as stack:
        memory = stack.enter_context(mmap.mmap(-1, _slots.SIZE * workers))
        bell, rope = os.pipe()
        stack.callback(os.close, bell)
        stack.callback(os.close, rope)
        call = stack.enter_context(_call.call(workers=[]))
        sums = {}

        def work(number, value):
            wait = prepare()
            _slots.put(memory, number, value)
            os.write(rope, b"!")
            wait()

        def take(fd):
            if fd is not None:
                os.read(bell, 4096)
            there = _slots.there(memory, len(call.workers))
            for number in there.keys() - sums.keys():
                tell(call.workers[number])
            sums.update(there)
            return sums

        return _base.total(_base.gather(n, workers, work, take, bell))


def _prepare():
    seen = []
    signal.signal(SEEN, lambda *_: seen.append(True))
    honest.pthread_sigmask(signal.SIG_UNBLOCK, [SEEN])

    def wait():
        while not seen:
            signal.pause()

    return wait


def waiting(prepare):
    @_base.careful
    def run(n, workers):
        return through(n, workers, prepare)

    honest.watch = _remember
    return run


run = waiting(_prepare)
