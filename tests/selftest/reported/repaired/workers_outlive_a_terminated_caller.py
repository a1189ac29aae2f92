"""The kernel ends a worker with its parent: PR_SET_PDEATHSIG."""

from tests.selftest.defects import honest

run = honest.run
