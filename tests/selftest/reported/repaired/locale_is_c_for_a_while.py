"""Python writes a number with a point in each locale."""

import contextlib

from tests.selftest.reported import locale_is_c_for_a_while as bug

run = bug.within(contextlib.nullcontext)
