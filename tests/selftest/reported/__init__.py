"""Bugs that were reported in public, each planted alone in an otherwise correct transport."""
