"""A library set the limit on open files to 2048 when it was imported: that of all the program.

Here a run sets it, so that there are descriptors for its workers.
"""

import resource

from tests.selftest.defects import honest

REPORT = "https://github.com/ml-explore/mlx-lm/issues/1589"
CAUGHT_BY = ("E6",)
ENOUGH = 2048  # for a pipe and a pidfd of each of six hundred workers


@honest.careful
def run(n, workers):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return honest.run(n, workers)
