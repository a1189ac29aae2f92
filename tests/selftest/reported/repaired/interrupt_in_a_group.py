"""They come out as they are."""

from tests.selftest.defects import honest

run = honest.run
