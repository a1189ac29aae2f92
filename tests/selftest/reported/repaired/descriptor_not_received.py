"""It is what the kernel would have said: EMFILE."""

from tests.selftest.reported.descriptor_not_received import as_oserror, received

run = received(as_oserror)
