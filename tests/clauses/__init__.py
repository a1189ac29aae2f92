"""The clauses of CONFORMANCE.md, a file a family; and every system call of a run."""
