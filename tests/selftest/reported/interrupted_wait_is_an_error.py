"""Crystal took sem_wait(3) for failed where a signal had come: it has to be called again.

Here workers wait at a POSIX semaphore until all have been forked.  Each has a timer, as a profiler
sets one, a hundred times a second.
"""

import mmap
import select
import signal

from tests.selftest.defects import _base, _memory, honest
from tests.selftest.reported import _slots

REPORT = "https://github.com/crystal-lang/crystal/pull/17380"
CAUGHT_BY = ("A1", "A2", "A4")
PERIOD = 0.01  # seconds


class Gate:
    """A poller for `gather` that lets the workers in when the caller waits for the first time."""

    def __init__(self, workers, semaphore):
        self.closed, self.semaphore = workers, semaphore
        poller = select.poll()
        self.register, self.unregister, self.look = poller.register, poller.unregister, poller.poll

    def poll(self, patience):
        while patience is None and self.closed:
            self.semaphore.release()
            self.closed -= 1
        return self.look(patience)


def _profile():
    samples = []
    signal.signal(signal.SIGALRM, lambda _, frame: samples.append(frame.f_lineno))
    honest.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    signal.setitimer(signal.ITIMER_REAL, PERIOD, PERIOD)


def waiting(begin, acquire):
    """Return run; begin(): called by a worker before it calls acquire(semaphore)."""

    @_base.careful
    def run(n, workers):
        with (
            mmap.mmap(-1, _slots.SIZE * workers) as memory,
            _memory.unnamed_semaphore() as semaphore,
        ):
            _memory.acquire(semaphore)  # it is made with 1

            def work(number, value):
                begin()
                acquire(semaphore)
                _slots.put(memory, number, value)

            def take(_):
                return _slots.there(memory, workers)

            gate = Gate(workers, semaphore)
            return _base.total(_base.gather(n, workers, work, take, poller=gate))

    return run


run = waiting(_profile, lambda semaphore: semaphore.acquire())
