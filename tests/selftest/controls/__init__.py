"""Correct transports in styles that are not this project's, each in one file of its own.

They must pass every clause, each time: what the suite has against one of them is a false alarm.
"""
