"""Nobody tells the workers that their caller has been killed."""

from tests.selftest.defects import honest

CAUGHT_BY = ("B3",)
honest.PRCTL = lambda *arguments: 0
run = honest.run
