"""Programs had another name in top: PyTorch had given one to their main thread.

Here a run does so, that its caller can be told from its workers.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/pytorch/pytorch/issues/133690"
CAUGHT_BY = ("E6",)
PR_SET_NAME = 15


@honest.careful
def run(n, workers):
    honest.PRCTL(PR_SET_NAME, b"pi_main_thread")
    return honest.run(n, workers)
