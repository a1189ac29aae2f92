"""A library asked /proc/self/cgroup whether it is in a container: ResourceWarning, unclosed file.

Here the caller asks so at each run, for its errors to say it, and leaves the file to be closed when
it is dropped.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/getmoto/moto/pull/5060"
CAUGHT_BY = ("E6",)
PATH = "/proc/self/cgroup"


def _unclosed():
    return open(PATH).read()


def asking(read):
    """Return run, which calls read at first."""

    @honest.careful
    def run(n, workers):
        try:
            contained = "docker" in read()
        except FileNotFoundError:  # there is no cgroup
            contained = False
        try:
            return honest.run(n, workers)
        except RuntimeError as error:
            if contained:
                error.add_note("This is a container, which may have a limit on its memory.")
            raise

    return run


run = asking(_unclosed)
