"""No newline is translated."""

from tests.selftest.reported.carriage_return_is_a_newline import as_text

run = as_text("")
