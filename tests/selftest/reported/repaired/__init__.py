"""The modules of `tests.selftest.reported` without their bugs: they must pass every clause."""
