"""A thread that watches the workers is not stopped when there are no workers."""

import threading

from tests.selftest.defects import honest

CAUGHT_BY = ("B1", "B2")


def run(n, workers):
    value = honest.run(n, workers)
    try:
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    except RuntimeError as error:
        raise OSError(str(error)) from error
    return value
