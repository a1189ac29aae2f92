"""No class is looked up: the cause is a RuntimeError with the three texts."""

from tests.selftest.reported.exception_class_from_a_stranger import as_text, rebuilding

run = rebuilding(as_text)
