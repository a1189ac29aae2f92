"""The conformance suite: one test, one clause."""
