"""The first descriptor is closed."""

import os

from tests.selftest.reported import descriptor_beside_the_file_object as bug

run = bug.opening(os.close)
