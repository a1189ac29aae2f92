"""A worker writes a message at once: pipe(7) does not split so few bytes."""

import functools
import os

from tests.selftest.defects import _base
from tests.selftest.races.two_writes_a_message import through

run = _base.careful(functools.partial(through, os.write))
