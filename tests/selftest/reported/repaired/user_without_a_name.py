"""The number of the user, which each has."""

import os

from tests.selftest.reported import user_without_a_name as reported

run = reported.through(os.getuid)
