"""None alone is no limit; 0 is refused, as what is no time in which a run can end."""

from tests.selftest.reported import _srv_until
from tests.selftest.reported import timeout_0_is_no_timeout as reported

run = reported.limited(_srv_until.end_of)
