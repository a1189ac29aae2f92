"""Takes the end of file for the death of a worker: somebody else's child may hold the pipe open.

A result is taken when its eight bytes are there, so a run without a death ends in time.
"""

from tests.selftest.defects import _end_of_file

CAUGHT_BY = ("E8",)

_ERROR = b"!" * 8  # begins the text of what a worker has raised


def _goes_on(data, said):
    return data and (len(said) < 8 or said.startswith(_ERROR))


run = _end_of_file.install(_goes_on)
