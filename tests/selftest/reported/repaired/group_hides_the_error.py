"""It tells what is in the group."""

from tests.selftest.reported import _srv_words
from tests.selftest.reported.group_hides_the_error import grouped


def leaves(error):
    return "; ".join(_srv_words.text_of(each) for each in grouped(error).exceptions)


run = _srv_words.install(text=leaves)
