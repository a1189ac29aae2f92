"""The scenarios that many trials use: the zygote imports them, before any trial needs one.

A trial imports another one itself, in some milliseconds.  What the zygote has imported is in the
memory of each process of each trial, and makes each of their forks dearer: all scenarios at once
by a quarter.  So what these import, at the top of their files, is little.
"""

from tests.scenarios import basics, faults, injection

__all__ = ["basics", "faults", "injection"]
