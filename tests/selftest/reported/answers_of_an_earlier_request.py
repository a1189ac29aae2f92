"""redis-py: a request was cancelled, and the next one on that connection got the answer to it.

Here a run takes a connection from a pool, and puts it back whatever happens.  What the workers of a
run that failed have sent before is in it still, and the next run reads that first.
"""

import mmap

from tests.selftest.defects import _base, honest
from tests.selftest.reported import _slots

REPORT = "https://github.com/redis/redis-py/issues/2624"
CAUGHT_BY = ("C11",)


def _through(connection, n, workers):
    """Run; connection: a list: answers are appended to it, and read from its start."""
    with mmap.mmap(-1, _slots.SIZE * workers) as memory:
        come = {}

        def work(number, value):
            _slots.put(memory, number, value)

        def take(_):
            there = _slots.there(memory, workers)
            connection.extend(there[number] for number in there.keys() - come.keys())
            come.update(there)
            return there

        _base.gather(n, workers, work, take)
        answers = connection[:workers]
        del connection[:workers]
        return honest.combine(answers)


def pooled(*, after_errors):
    """Return run; after_errors: whether a connection goes back to the pool after an error."""
    pool = []

    @_base.careful
    def run(n, workers):
        connection = pool.pop() if pool else []
        good = after_errors
        try:
            result = _through(connection, n, workers)
            good = True
        finally:
            if good:
                pool.append(connection)
        return result

    return run


run = pooled(after_errors=True)
