"""Digests of two lengths differ."""

import hmac

from tests.selftest.reported.signature_compared_as_far_as_it_goes import signed

run = signed(hmac.compare_digest)
