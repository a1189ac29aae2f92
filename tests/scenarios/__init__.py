"""What runs in the interpreter under test, which each trial of a transport has to itself.

__main__            the program: it reads a trial, loads the transport and runs one scenario
protocol            what pytest's process and this interpreter share: calls and messages
names               the names of modules are the user's
loading             loads the module of a transport
watching            a process that counts, signals and strikes workers from outside
injection           how a scenario meets workers at their birth, and what they then do themselves
profiles            the same at the calls that a worker makes into C
timers              timers that send a process any signal
from_inside         what stands for `watching` where there is no /proc
spawned_workers     the same for workers that start a fresh interpreter
callers             callers that are forked, for a state of their own

Scenarios are functions of these modules, with the transport and the log as first arguments:

basics              runs that nobody disturbs
faults              runs in which a fault is injected into workers
surroundings        callers in unusual states
kept_settings       what a run changes in its caller
odd_places          callers in unusual places: descriptors, directories, masks
odd_callers         callers of an unusual kind, or that have set a default for all
bystanders          other runs beside a run, and children that hold its descriptors
nested              a run where another run of the same process is under way
own_children        children that the caller forks for itself while it is in a run
storms              a handler that raises again and again
slow_forks          faults while workers are still being forked
foreign_objects     objects of other programs
scarcity            limits of the system that are reached
exposure            what others could see of a run, and runs that an intruder attacks
idle                how long a short run does not compute
fork_server         one caller for each fault of a sweep
messages            what a channel carries
channel_faults      workers of a channel that end too early
channel_as_run      a channel in the form of `run`, for the clauses

A test imports scenarios only to name them.  So to import one of these modules has no effect, and
is cheap.
"""
