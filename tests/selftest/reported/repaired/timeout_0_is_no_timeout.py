"""None alone is no limit."""

from tests.selftest.reported import timeout_0_is_no_timeout as reported

run = reported.limited(reported.if_given)
