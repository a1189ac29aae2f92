"""A sum counts when its worker has said that it is there."""

from tests.selftest.reported import _slots
from tests.selftest.reported import success_without_an_output as bug

run = bug.looking(_slots.there)
