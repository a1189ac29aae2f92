"""Transports with one planted defect each, for the suite to find; and a correct one.

They share nothing with the reference transports: arithmetic, forks and pipes are their own.
`honest` passes every clause; each other module says, in CAUGHT_BY, which clauses it breaks.
"""
