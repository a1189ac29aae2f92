"""A library had a pool of threads, which a forked child has not: its jobs were never begun.

Here one thread adds up the sums of all runs that are under way.  A child that is forked meanwhile
believes that it has this thread.
"""

import contextlib
import errno
import os
import queue
import signal
import threading

from tests.selftest.defects import honest

REPORT = "https://github.com/h2oai/datatable/issues/1758"
CAUGHT_BY = ("E7",)
_combine = honest.combine
_here = threading.local()


class Adder:
    """A thread that lives as long as there is a run which uses it."""

    def __init__(self):
        self.lock = threading.RLock()
        self.users = 0
        self.jobs = self.thread = None

    def work(self, jobs):
        while (job := jobs.get()) is not None:
            sums, answer = job
            answer.put(_combine(sums))

    def start(self):
        jobs = queue.SimpleQueue()
        thread = threading.Thread(target=self.work, args=(jobs,), daemon=True)
        mask = honest.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            thread.start()
        except RuntimeError as error:
            raise OSError(errno.EAGAIN, f"{os.strerror(errno.EAGAIN)}: {error}") from error
        finally:
            honest.pthread_sigmask(signal.SIG_SETMASK, mask)
        self.jobs, self.thread = jobs, thread

    @contextlib.contextmanager
    def used(self):
        owner = os.getpid()
        with self.lock:
            if not self.users:
                self.start()
            self.users += 1
        try:
            yield
        finally:
            if os.getpid() == owner:  # and no child that a handler has forked
                with self.lock:
                    self.users -= 1
                    if not self.users:
                        self.jobs.put(None)
                        self.thread.join()

    def add(self, sums):
        answer = queue.SimpleQueue()
        self.jobs.put((list(sums), answer))
        return answer.get()


def adding(adder):
    """Return run; adder(): gives the Adder of this process."""

    @honest.careful
    def run(n, workers):
        outer = getattr(_here, "adder", None)
        _here.adder = adder()
        try:
            with _here.adder.used():
                return honest.run(n, workers)
        finally:
            _here.adder = outer

    honest.combine = _add
    return run


def _add(sums):
    return _here.adder.add(sums)


_only = Adder()
run = adding(lambda: _only)
