"""A connection with answers that nobody has read is dropped."""

from tests.selftest.reported.answers_of_an_earlier_request import pooled

run = pooled(after_errors=False)
