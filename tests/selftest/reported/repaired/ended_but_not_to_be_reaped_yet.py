"""The end of a worker is waited for by poll(2), on its pidfd."""

from tests.selftest.reported.ended_but_not_to_be_reaped_yet import heard

run = heard(lambda pid: None)
