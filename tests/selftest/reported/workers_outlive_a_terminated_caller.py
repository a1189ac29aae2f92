"""gunicorn: TERM and HUP ended the master, and its workers lived on.

Here workers are ended by a `finally` of the caller's, and by nothing else: the default action of a
signal does not run it.  A worker goes on until its slice is done, and finds no reader then.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/benoitc/gunicorn/issues/3"
CAUGHT_BY = ("B2", "B3")


def no_request(*_):
    """Ask the kernel for nothing, in the place of prctl(2): no signal at the end of the caller."""
    return 0


honest.PRCTL = no_request
run = honest.run
