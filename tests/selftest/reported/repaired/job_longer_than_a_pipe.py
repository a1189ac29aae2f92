"""A job is two numbers, which a worker has by fork(2): the caller writes nothing."""

from tests.selftest.defects import honest

run = honest.run
