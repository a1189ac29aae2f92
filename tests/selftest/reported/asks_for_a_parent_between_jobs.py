"""Workers that idled lived on for ever after their parent had been killed, and held their memory.

Since then a worker asks for its parent whenever it looks for a job: amid a job it does not notice
the death.  Here a job is a slice, and a worker asks before it and after it.
"""

from tests.selftest.reported._born import born, with_a_parent

REPORT = "https://github.com/mloda-ai/mloda/pull/1322"
CAUGHT_BY = ("B3",)
run = born(with_a_parent, after=with_a_parent)
