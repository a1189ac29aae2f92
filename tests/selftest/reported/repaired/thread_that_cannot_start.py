"""RuntimeError of a thread becomes the OSError that it was: EAGAIN."""

from tests.selftest.reported.thread_that_cannot_start import as_oserror, with_a_thread

run = with_a_thread(as_oserror)
