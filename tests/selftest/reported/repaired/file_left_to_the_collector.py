"""The file is closed."""

from tests.selftest.reported.file_left_to_the_collector import PATH, asking


def _closed():
    with open(PATH) as file:
        return file.read()


run = asking(_closed)
