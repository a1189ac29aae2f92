"""Orphans are adopted by whoever did so before."""

from tests.selftest.defects import honest

run = honest.run
