"""SIGCHLD is left alone: where it is ignored, a worker that has sent its sum has ended well."""

from tests.selftest.defects import honest

run = honest.run
