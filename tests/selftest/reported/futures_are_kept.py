"""A server kept the future of each task in a dictionary, from which it never took one out.

Here the runs are entered in such a dictionary, with what they are and how they ended.
"""

import itertools
import types

from tests.selftest.defects import _base, _queue

REPORT = "https://github.com/AntaresSimulatorTeam/AntaREST/pull/2824"
CAUGHT_BY = ("B1",)
_tasks = {}
_number = itertools.count()


def entered(leave):
    """Return run; leave(tasks, number): what is done with the entry at the end."""

    @_base.careful
    def run(n, workers):
        number = next(_number)
        _tasks[number] = task = types.SimpleNamespace(n=n, workers=workers, state="running")
        try:
            with _queue.keyed() as queue:
                result = _queue.through(queue, n, workers)
            task.state = "done"
            return result
        finally:
            leave(_tasks, number)

    return run


run = entered(lambda tasks, number: None)
