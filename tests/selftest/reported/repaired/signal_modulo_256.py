"""A signal is told as one."""

from tests.selftest.defects import _base
from tests.selftest.reported import signal_modulo_256 as bug

_base.blame = bug.blame
run = bug.through_a_queue
