"""bubblewrap: PR_SET_PDEATHSIG has no effect if the parent has died before the child asks for it.

Here a worker does not look afterwards who its parent is.
"""

from tests.selftest.reported._born import born, killed_with_it

REPORT = "https://github.com/containers/bubblewrap/issues/700"
CAUGHT_BY = ("B3",)
run = born(killed_with_it)
