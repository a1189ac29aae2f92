"""The counter is a semaphore: a read takes one."""

import functools
import os

from tests.selftest.defects import _base
from tests.selftest.races.one_event_for_two import through

run = _base.careful(functools.partial(through, os.EFD_SEMAPHORE))
