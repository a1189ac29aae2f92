"""Runs of the suite on other Pythons and in other conditions, for docs/platforms.py."""
