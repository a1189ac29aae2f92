"""The process beside a worker ends with it: PR_SET_PDEATHSIG."""

import os
import signal

from tests.selftest.defects import honest
from tests.selftest.reported.child_of_a_killed_worker_lives_on import monitored


def prepare(worker):
    honest.PRCTL(honest.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != worker:
        os._exit(1)


run = monitored(prepare)
