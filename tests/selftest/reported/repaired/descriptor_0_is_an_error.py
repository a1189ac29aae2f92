"""Descriptors are 0 and above."""

from tests.selftest.reported.descriptor_0_is_an_error import reading

run = reading(lambda r: r >= 0)
