"""Modules that look like those with a race, and are exact in each order of their calls."""
