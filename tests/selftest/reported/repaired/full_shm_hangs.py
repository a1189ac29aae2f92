"""The caller takes the blocks of the file before it forks; a worker raises what it is refused."""

from tests.selftest.reported.full_shm_hangs import allocate, pwrite_all, through_a_file

run = through_a_file(pwrite_all, allocate)
