"""All pages are there before the file is mapped."""

import os

from tests.selftest.reported import last_byte_makes_the_size as bug

run = bug.mapped(lambda fd, size: os.posix_fallocate(fd, 0, size))
