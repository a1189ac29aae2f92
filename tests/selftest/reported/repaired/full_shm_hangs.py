"""The caller takes the blocks of the file before it forks, or raises OSError."""

from tests.selftest.reported.full_shm_hangs import allocate, through_a_file

run = through_a_file(allocate)
