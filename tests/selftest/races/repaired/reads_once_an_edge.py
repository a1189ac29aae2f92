"""The caller reads until there is nothing more."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races import _parts
from tests.selftest.races.reads_once_an_edge import through

run = _base.careful(functools.partial(through, _parts.read_all))
