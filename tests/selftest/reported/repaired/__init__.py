"""The repaired twins of the reported bugs: each passes every clause."""
