"""A worker has the exclusive lock from its read on."""

import fcntl
import functools

from tests.selftest.defects import _base
from tests.selftest.races.upgrades_its_lock import through

run = _base.careful(functools.partial(through, fcntl.LOCK_EX))
