"""A pid has 32 bits."""

from tests.selftest.reported import pid_in_sixteen_bits as reported

run = reported.records("<IId")
