"""The private directory is in /tmp itself."""

from tests.selftest.defects import _fifo
from tests.selftest.reported.directory_for_all_users import through_a_fifo

run = through_a_fifo(_fifo.private_directory)
