"""The gate: every system call of a run waits until the suite lets it go on, in an order of choice.

Races between processes show under one order of their system calls in a hundred, or in a million.
Here the order is chosen.  Before `run` is called, its process installs a seccomp filter with a
listener, which all of its children inherit, forked or not, in Python or not: seccomp(2),
seccomp_unotify(2).  A call that other processes can notice then waits for an answer of the
gatekeeper, a process that is not of the run.  When each thread of the run is parked at a call,
blocked in one, or gone, the gatekeeper lets one of the parked go on.  Which one is the policy.

seccomp   the filter, and the listener: who calls what, and the answers
calls     the system calls that are watched, by name, number and what they do
tasks     the threads of a run: whether each runs, is blocked, or is gone
paths     which files are the same for all: a call on one of these does not wait
keeper    one run under a policy, from its start to the end of its last process
policies  which of the parked goes on
sweeps    the orders to try, and strikes: what may befall a process at each of its calls
story     what happened, as text
"""
