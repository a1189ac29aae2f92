"""A program was made the one that adopts orphans, and had nothing that reaps them: zombies stay.

prctl(2), PR_SET_CHILD_SUBREAPER, is for the whole process.  Here a run does so, to adopt what its
workers may start.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/sddm/sddm/pull/1249"
CAUGHT_BY = ("E6",)
PR_SET_CHILD_SUBREAPER = 36


@honest.careful
def run(n, workers):
    honest.PRCTL(PR_SET_CHILD_SUBREAPER, 1)
    return honest.run(n, workers)
