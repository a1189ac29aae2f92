"""The numbers are drawn from the system's generator."""

from tests.selftest.reported import ids_drawn_from_the_time as reported

run = reported.numbered(reported.by_the_system)
