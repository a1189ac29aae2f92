"""The text of the worker is no part of the form."""

from tests.selftest.reported.text_is_a_format import beside_the_form, telling

run = telling(beside_the_form)
