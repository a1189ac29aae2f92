"""Lists that name every transport have all of them: CONTRIBUTING.md says which lists there are."""

import importlib
import re

import pytest

from tests.benchmarks.floor import MECHANISMS
from tests.harness import ROOT
from transports import NAMES

CHANNELS = [
    name for name in NAMES if hasattr(importlib.import_module(f"transports.{name}"), "channel")
]


def _text(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_links_to_each_transport(name: str) -> None:
    """By its name, to its file: the table, or for one with an extra, its section."""
    assert f"[`{name}`](transports/{name}.py)" in _text("README.md")


def test_texts_say_how_many_transports_need_no_extra() -> None:
    """The number stands in the README as a word, and in the page of support."""
    nine = [
        n for n in NAMES if not getattr(importlib.import_module(f"transports.{n}"), "EXTRA", "")
    ]
    word = ["eight", "nine", "ten", "eleven", "twelve"][len(nine) - 8]
    readme, support = _text("README.md"), _text("tests/platforms/tables.py")
    assert f"{word} reference transports" in readme
    assert f"## The {word}\n" in readme
    assert f"each of the {word}" in readme
    assert f"the {word} transports" in support
    assert f"the {word} transports" in _text("docs/support.md")


@pytest.mark.parametrize("name", CHANNELS)
def test_ci_tests_each_channel(name: str) -> None:
    """Both files name the channels: --transport has no word for all of them."""
    assert f"--transport={name}:channel" in _text(".github/workflows/ci.yml").split()
    (listed,) = re.findall(r"^for name in (.+); do\n\tchannels\+=", _text(".ci/run"), re.MULTILINE)
    assert name in listed.split()


@pytest.mark.parametrize("name", CHANNELS)
def test_each_channel_is_compared_with_its_mechanism_driven_from_c(name: str) -> None:
    """Without an entry, its rows in the benchmarks say "no C"."""
    assert name in MECHANISMS
    assert f'"{name}"' in _text("tests/benchmarks/floor.c")
