"""A function had a list as the default of an argument: there is one, which all calls append to.

Here the sums of all runs are in such a list, and each run adds up those of the earlier ones too.
"""

from tests.selftest.defects import _base, _file

REPORT = "https://github.com/karask/python-bitcoin-utils/issues/9"
CAUGHT_BY = ("A1", "A2", "A5")
_total = _base.total


def adding(collect):
    """Return run; collect(sums): gives the list of what is added up."""

    @_base.careful
    def run(n, workers):
        with _file.nameless() as file:
            return _file.through(file.fileno(), n, workers)

    _base.total = lambda sums: _total(dict(enumerate(collect(sums.values()))))
    return run


def _collect(values, known=[]):  # noqa: B006
    known.extend(values)
    return known


run = adding(_collect)
