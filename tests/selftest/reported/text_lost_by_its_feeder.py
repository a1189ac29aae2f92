"""A worker hands its exception to a thread, and ends before that has written it to the pipe.

In the report the caller then waits for ever; here it tells of a worker that ended with 1, without
the text. It first formats the traceback, which reads source files. Lost were 4 texts of 20.
"""

import threading
import traceback

from tests.selftest.reported import _carried

REPORT = "https://github.com/sybrenjansen/mpire/issues/56"
CAUGHT_BY = ("C8",)


def told_by_a_thread(*, flush):
    """Return run.

    flush: whether a worker waits for its thread.
    """

    def deliver(fd, error):
        def feed():
            trace = "".join(traceback.format_tb(error.__traceback__)).encode(errors="replace")
            _carried.write_all(fd, b"!" * 8 + _carried.text_of(error)[:2000] + b" " + trace[:2000])

        thread = threading.Thread(target=feed, daemon=True)
        thread.start()
        if flush:
            thread.join()

    return _carried.carried(deliver=deliver)


run = told_by_a_thread(flush=False)
