"""A process that attacks a running transport from outside, and what it does for that."""
