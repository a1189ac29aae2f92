"""loky: a job called exit(), and the main program ended, without a word.

What a job raises is raised again where its result is asked for, SystemExit too.  Here the caller
does so with the exceptions that are no errors, and raises a RuntimeError for all others.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/joblib/loky/issues/405"
CAUGHT_BY = ("C8",)
_lost = honest.lost


def _raise_again(pid, status, said):
    name, _, text = said[8:].decode(errors="replace").partition(": ")
    for kind in (SystemExit, KeyboardInterrupt, GeneratorExit):
        if name == kind.__name__:
            raise kind(f"pid {pid}: {text}")
    _lost(pid, status, said)


honest.lost = _raise_again
run = honest.run
