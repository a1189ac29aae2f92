"""Bugs that people reported in public, each planted alone in an otherwise correct transport.

A module is one bug. Its docstring says first what the report tells, then what the module does;
REPORT is the address of the report, and CAUGHT_BY are the clauses that the symptom breaks, written
down from CONFORMANCE.md before the suite was run. `repaired` has a module of the same name, without
the bug, which must pass every clause. Modules whose names begin with _ are what several share.

The difference to `tests.selftest.defects`: those were made by the authors of the clauses. Here a
clause that does not find its bug is no error of the module, and CAUGHT_BY stays as it is.
"""
