"""Transports with one planted defect each, for the suite to find; and a correct one.

They share nothing with the reference transports: arithmetic, forks and channels are their own,
in `honest`, which passes every clause, or in `_base` and the modules of the channels.  Each other
module says, in CAUGHT_BY, exactly which clauses fail on it: one defect may break several.
"""
