"""What runs in pytest's own process: it starts trials of a transport, and checks their outcomes.

limits          limits of time
places          directories, and the environment of a trial
worlds          where a trial runs: apart, in namespaces of its own, or on the machine
outcome         what a trial has shown: faults with verdicts, and messages
trial           one scenario with one transport
support         what a transport says of itself
hang            a hang in words
checks          assertions over outcomes
trouble         what a check has found that may be another clause's to tell
plain           trials in plain surroundings, to compare with
causes          which clause tells a failure
smoke           whether a short run gives pi at all
remarks         what to fix first
expectations    the plugin of pytest that uses these
again           the command that runs a test again
shared_trials   trials that several clauses check
striking        what befell processes at each of their system calls
ordering        what runs in many orders of their system calls have shown
random_strikes  signals to a caller at random moments
intrusion       another process attacks a run
oracle          the exact result
room            how many workers the limits of this machine allow
"""

from tests.harness.outcome import Hang, Message, Outcome, state
from tests.harness.places import ROOT
from tests.harness.support import (
    Support,
    module_of,
    moment,
    quarter_of_a_second,
    support,
    unsupported,
    workers_compute,
)
from tests.harness.trial import Trial, run_trial
from tests.scenarios.protocol import call
from transports import NAMES

__all__ = [
    "NAMES",
    "ROOT",
    "Hang",
    "Message",
    "Outcome",
    "Support",
    "Trial",
    "call",
    "module_of",
    "moment",
    "quarter_of_a_second",
    "run_trial",
    "state",
    "support",
    "unsupported",
    "workers_compute",
]
