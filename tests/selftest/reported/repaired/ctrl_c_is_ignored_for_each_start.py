"""Handlers are left alone: a signal mask belongs to a thread."""

import contextlib

from tests.selftest.reported.ctrl_c_is_ignored_for_each_start import starting

run = starting(contextlib.nullcontext)
