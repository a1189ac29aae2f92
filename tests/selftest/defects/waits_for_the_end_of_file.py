"""A worker is done at the end of file of its pipe, which somebody else's child may have open."""

from tests.selftest.defects import _end_of_file

CAUGHT_BY = ("E8",)

run = _end_of_file.install(lambda data, said: data)
