"""The frames are signed with a key of the run."""

from tests.selftest.defects import _base
from tests.selftest.reported import checksum_for_a_signature as bug

run = bug.sealed(_base.Seal)
