"""What tables of benchmarks on a terminal have in common."""

import textwrap

WIDTH = 80  # columns


def fitted(name: str, room: int) -> str:
    """Return *name*, or its end if it is longer than *room*: the end tells paths apart."""
    return name if len(name) <= room else f"...{name[3 - room :]}"


def three(value: float) -> str:
    """Return a ratio in at least three digits."""
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}" if value < 100 else f"{value:.0f}"


def wrapped(text: str, indent: str = "") -> list[str]:
    """Return *text* in lines that fit; all but the first begin with *indent*."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent)
