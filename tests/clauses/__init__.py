"""The tests of the clauses of CONFORMANCE.md: one file for each family, one for system calls."""
