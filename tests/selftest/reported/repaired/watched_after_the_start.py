"""The files are watched before there are workers."""

from tests.selftest.reported import watched_after_the_start as bug


def _all(call):
    for _ in call.files:
        bug.watch(call)


run = bug.watching(_all)
