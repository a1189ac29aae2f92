"""A descriptor was closed in `finally`, also where os.open had failed: UnboundLocalError.

The error of os.open was hidden by it.  Here a run does so with the file of its results.
"""

from tests.selftest.defects import _base, _file

REPORT = "https://github.com/morluto/jacobian/issues/644"
CAUGHT_BY = ("F1",)


@_base.careful
def run(n, workers):
    try:
        file = _file.nameless()
        return _file.through(file.fileno(), n, workers)
    finally:
        file.close()
