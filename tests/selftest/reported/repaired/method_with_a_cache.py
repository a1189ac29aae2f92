"""What an object knows, it keeps itself."""

from tests.selftest.reported import method_with_a_cache as bug


class Plan(bug.Plan):
    """What each worker of a run does."""

    def slices(self):
        return bug.Plan.slices.__wrapped__(self)


run = bug.planned(Plan)
