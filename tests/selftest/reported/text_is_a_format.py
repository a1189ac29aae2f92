"""An error message that had braces in it was a KeyError: the library called its method format.

Here the caller appends what the worker has said to the form of its own message, and fills it in.
"""

import os

from tests.selftest.defects import honest

REPORT = "https://github.com/kislyuk/ensure/issues/31"
CAUGHT_BY = ("C8",)
_FORM = "pid {pid} ended with {how}: "


def _in_the_form(text, **values):
    return (_FORM + text).format(**values)


def beside_the_form(text, **values):
    return _FORM.format(**values) + text


def telling(message):
    """Return run; message: makes that of an error, of the text of the worker and named values."""

    def lost(pid, status, said):
        code = os.waitstatus_to_exitcode(status)
        how = f"signal {-code}" if code < 0 else code
        raise RuntimeError(message(said[8:].decode(errors="replace"), pid=pid, how=how))

    honest.lost = lost
    return honest.run


run = telling(_in_the_form)
