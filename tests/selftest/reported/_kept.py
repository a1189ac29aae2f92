"""Runs that register something for the time of each, with all that are under way."""

from tests.selftest.defects import honest

_current = set()


class Started:
    """A run that is under way."""

    def __init__(self, n, workers):
        self.slices = honest.bounds(n, workers)

    def end(self):
        """Forget what it had: its workers end with their parent, by PR_SET_PDEATHSIG."""
        self.slices = []


def end_all():
    for started in list(_current):
        started.end()


def registering(register):
    """Return run, which calls register for each run."""

    def run(n, workers):
        honest.check(n, workers)
        started = Started(n, workers)
        register(started)
        try:
            _current.add(started)
            return honest.run(n, workers)
        finally:
            _current.discard(started)

    return run
