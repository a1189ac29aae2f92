"""joblib does its work in the caller for n_jobs=1: whoever wanted one other process got none.

He wanted it for its own memory.  Here a run with one worker forks none.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/joblib/joblib/issues/1294"
CAUGHT_BY = ("A5",)


@honest.careful
def run(n, workers):
    if workers == 1:
        return honest.combine([honest.term_sum(0, n)])
    return honest.run(n, workers)
