"""The handler runs only while the caller waits."""

import functools

from tests.selftest.defects import honest
from tests.selftest.races.kills_the_reaped import through

run = honest.careful(functools.partial(through, honest.wait))
