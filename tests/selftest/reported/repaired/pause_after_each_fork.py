"""The workers are started one after another, without a pause."""

from tests.selftest.defects import honest

run = honest.run
