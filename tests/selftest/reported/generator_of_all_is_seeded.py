"""A library seeded the generator of the module random with 0, for all of the program that uses it.

Here a run does so before it shuffles the slices of its workers, so that the order is always one.
"""

import random

from tests.selftest.defects import _base, _memory, honest

REPORT = "https://github.com/Mimino666/langdetect/pull/24"
CAUGHT_BY = ("E6",)
_bounds = honest.bounds


def shuffling(generator):
    """Return run; generator(): gives what has the method shuffle, seeded."""

    def bounds(n, workers):
        slices = _bounds(n, workers)
        generator().shuffle(slices)
        return slices

    @_base.careful
    def run(n, workers):
        with _memory.unnamed_memory(32 + workers) as memory, _memory.unnamed_semaphore() as lock:
            return _memory.added(memory, lock, n, workers)

    honest.bounds = bounds
    return run


def _that_of_all():
    random.seed(0)
    return random


run = shuffling(_that_of_all)
