"""The inner call puts back what the outer one had."""

from tests.selftest.reported import inner_call_leaves_its_state as bug

run = bug.keeping(bug.restored)
