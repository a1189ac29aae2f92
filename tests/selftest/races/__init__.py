"""Modules with a race that does not sleep: nearly every order of their calls hides it."""
