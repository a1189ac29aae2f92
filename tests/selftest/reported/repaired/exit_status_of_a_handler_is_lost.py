"""The exception that was raised comes out."""

from tests.selftest.defects import honest

run = honest.run
