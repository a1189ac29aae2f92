"""Text for the terminal, wrapped to its width between words."""

import shutil
import textwrap

__all__ = ["width", "wrap", "wrap_command"]


def width() -> int:
    """Return the columns of the terminal; 80 if there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def wrap(text: str, columns: int, indent: str = "  ") -> list[str]:
    """Return the lines of *text*, of at most *columns* unless a word is longer.

    indent: what all lines but the first begin with.
    """
    return textwrap.wrap(
        text,
        max(columns, 20),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def wrap_command(text: str, columns: int) -> list[str]:
    r"""Return the lines of a shell command, which stays one: all but the last end in " \"."""
    lines = wrap(text, columns - 2, "    ")
    return [*(f"{line} \\" for line in lines[:-1]), *lines[-1:]]
