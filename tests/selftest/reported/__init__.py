"""Transports with one bug each that people reported in public, for the suite to find."""
