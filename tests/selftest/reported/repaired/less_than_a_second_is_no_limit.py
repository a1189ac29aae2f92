"""The timeout is taken as it is."""

from tests.selftest.reported.less_than_a_second_is_no_limit import cut

run = cut(float)
