"""The error has the pid and the exit code or signal."""

from tests.selftest.defects import honest

run = honest.run
