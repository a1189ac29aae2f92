"""The supervisor of a run: the one place that forks, watches, kills, reaps and guards.

What every transport uses is named here.  These are imported by those that need them alone, for each
import makes the forks of a process dearer: `frames`, for a channel that others can reach;
`directories`, for names in the file system; `connections`, for a listening socket; `bindings`, of
posix_ipc or sysv_ipc.  Nothing in this package knows a transport or a
channel; it imports `kernel` alone.
"""

from transports._supervisor.child import WorkerError, die_with_parent
from transports._supervisor.guardian import guard, random_name
from transports._supervisor.outstanding import Outstanding
from transports._supervisor.program import main, probe
from transports._supervisor.signals import without_sigpipe
from transports._supervisor.supervisor import Supervisor
from transports._supervisor.writing import write_all

__all__ = [
    "Outstanding",
    "Supervisor",
    "WorkerError",
    "die_with_parent",
    "guard",
    "main",
    "probe",
    "random_name",
    "without_sigpipe",
    "write_all",
]
