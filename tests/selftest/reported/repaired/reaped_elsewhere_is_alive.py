"""Who is no child by now has ended, with a status that is not known."""

from tests.selftest.reported.reaped_elsewhere_is_alive import asking

run = asking(0)
