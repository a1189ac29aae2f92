"""The caller empties a POSIX queue, then asks for a signal: it comes for an empty queue alone.

A message that arrives in between makes the queue not empty, and no signal is ever sent:
mq_notify(3).
"""

import functools
import signal

import posix_ipc

from tests.selftest.defects import _base, _mqueue
from tests.selftest.races import _parts

CAUGHT_BY = ("D4",)
FOUND_BY = "stalls"
PLAIN = 2
SIGNAL = signal.SIGUSR1


def received(queue):
    sums = {}
    try:
        while True:
            number, value = _parts.FRAME.unpack(queue.receive(0)[0])
            sums[number] = value
    except posix_ipc.BusyError:
        return sums


def look(queue):
    sums = received(queue)
    queue.request_notification(SIGNAL)
    return sums


def through(look, n, workers):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {SIGNAL})
    try:
        with _mqueue.unnamed() as queue:

            def work(number, value):
                _mqueue.send(queue, _parts.FRAME.pack(number, value))

            with _parts.started(n, workers, work):
                sums = look(queue)
                while len(sums) < workers:
                    signal.sigwait({SIGNAL})
                    sums |= look(queue)
                return _base.total(sums)
    finally:
        signal.sigtimedwait({SIGNAL}, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


run = _base.careful(functools.partial(through, look))
