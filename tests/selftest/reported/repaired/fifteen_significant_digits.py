"""The text has 17 digits."""

from tests.selftest.reported.fifteen_significant_digits import as_text

run = as_text(".17g")
