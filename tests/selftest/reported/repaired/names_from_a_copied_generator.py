"""The bits come from the system."""

from tests.selftest.reported.names_from_a_copied_generator import from_the_system, named

run = named(from_the_system)
