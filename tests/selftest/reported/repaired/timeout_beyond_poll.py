"""poll(2) is called again and again, for a thousand seconds at most."""

from tests.selftest.reported import _srv_until
from tests.selftest.reported import timeout_beyond_poll as reported

run = reported.limited(_srv_until.most)
