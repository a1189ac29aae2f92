"""joblib does its work in the caller for n_jobs=1: whoever wanted one other process got none.

He wanted it for its own memory.  Here a run with one worker forks none.
"""

from tests.selftest.defects import _base, _memory, honest

REPORT = "https://github.com/joblib/joblib/issues/1294"
CAUGHT_BY = ("A5",)


@_base.careful
def through_memory(n, workers):
    with _memory.unnamed_memory(16 * workers) as memory:
        return _memory.slots(memory, n, workers)


@_base.careful
def run(n, workers):
    if workers == 1:
        return _base.total({0: honest.term_sum(0, n)})
    return through_memory(n, workers)
