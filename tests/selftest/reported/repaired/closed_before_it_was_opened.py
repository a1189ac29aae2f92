"""What is closed at the end is open at the beginning."""

from tests.selftest.defects import _base, _file


@_base.careful
def run(n, workers):
    file = _file.nameless()
    try:
        return _file.through(file.fileno(), n, workers)
    finally:
        file.close()
