"""O_NONBLOCK is set on pipes of the run alone, which honest.drain does."""

from tests.selftest.reported.streams_left_nonblocking import not_blocking

run = not_blocking(())
