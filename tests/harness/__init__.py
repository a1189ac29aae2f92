"""What runs in pytest's own process: it starts trials of a transport, and checks their outcomes.

limits          limits of time
interpreter     the fresh interpreter of a trial
outcome         what a trial has shown: faults with verdicts, and messages
trial           one scenario with one transport
support         what a transport says of itself
checks          assertions over outcomes
again           the command that runs a test again
shared_trials   trials that several clauses check
syscall_sweep   fault injection at each system call, with strace
intrusion       another process attacks a run
oracle          the exact result
room            how many workers the limits of this machine allow
"""

from tests.harness.interpreter import ROOT
from tests.harness.outcome import Hang, Message, Outcome, state
from tests.harness.support import Support, module_of, quarter_of_a_second, support, unsupported
from tests.harness.trial import SHARED, Trial, run_trial
from tests.scenarios.protocol import call
from transports import NAMES

__all__ = [
    "NAMES",
    "ROOT",
    "SHARED",
    "Hang",
    "Message",
    "Outcome",
    "Support",
    "Trial",
    "call",
    "module_of",
    "quarter_of_a_second",
    "run_trial",
    "state",
    "support",
    "unsupported",
]
