"""Each run has tokens of its own."""

import contextlib

from tests.selftest.reported import tokens_of_the_killed as bug

bug._only.close()
run = bug.drawing(lambda: contextlib.closing(bug.Bucket()))
