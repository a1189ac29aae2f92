"""What has not been written is written next."""

from tests.selftest.reported.rest_of_a_write_dropped import sending, write_all

run = sending(write_all)
