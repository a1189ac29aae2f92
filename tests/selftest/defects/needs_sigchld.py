"""Waits for its workers by pid, where SIGCHLD is ignored: there is none to wait for."""

import os

from tests.selftest.defects import honest

CAUGHT_BY = ("E2",)
honest.reap = lambda pid: os.waitpid(pid, 0)[1]
run = honest.run
