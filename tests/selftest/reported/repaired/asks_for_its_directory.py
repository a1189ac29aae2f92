"""A worker has the directory of its caller by fork(2), also one that is no more."""

from tests.selftest.defects import honest

run = honest.run
