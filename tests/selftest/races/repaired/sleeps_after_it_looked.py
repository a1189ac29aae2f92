"""The caller says that it sleeps, then looks once more."""

import functools

from tests.selftest.defects import _base
from tests.selftest.races.sleeps_after_it_looked import through


def doze(look, say):
    say(b"1")
    return look()


run = _base.careful(functools.partial(through, doze))
