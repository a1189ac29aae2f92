"""The same transports without the bug: they pass every clause."""
