"""HTML elements as function calls: text is always escaped, and only :func:`h` makes markup.

In a template, the author has to escape each value as its place requires.  Here the types decide: a
str is text and is escaped, a :class:`Markup` is what :func:`h` returned, and neither is converted
to the other.
"""

import html
import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Child", "Markup", "h", "plain", "verbatim"]

# Characters that no page needs and that can mislead: controls, halves of surrogate pairs
# (which UTF-8 cannot hold), noncharacters, and those that turn the direction of writing
# (Unicode TR 36, 2.10: what is shown is then not what is there).
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)

_BARE = re.compile(r"[A-Za-z0-9.%#_-]+")

_VOID = {"meta", "link", "br", "rect", "circle", "line", "path", "polyline", "use", "col"}
# HTML, 13.1.2.4: their end tags may be left out, and most of the page is tables.
_OPEN = {"td", "th", "tr", "tbody", "thead", "li", "dt", "dd"}
_SVG = {"rect", "circle", "line", "path", "polyline", "use"}


class Markup:
    """Text that is already HTML."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


Child: TypeAlias = "str | int | Markup | Iterable[Child] | None"


def plain(text: str) -> str:
    """Return *text* with U+FFFD for each character that must not be on a page."""
    return _UNFIT.sub("\ufffd", text)


def verbatim(text: str) -> Markup:
    """Return *text* as markup, unescaped; it must be from this package, never from a file."""
    return Markup(text)


def _render(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child.text
    if isinstance(child, str):
        return html.escape(plain(child), quote=False)
    if isinstance(child, int):
        return str(child)
    return "".join(map(_render, child))


def h(tag: str, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """Return an element.

    attributes: class_ is class, and aria_label is aria-label; None and False are left out.
    """
    parts = [tag]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        name = key.rstrip("_").replace("_", "-")
        if value is True:
            parts.append(name)
            continue
        text = f"{value:g}" if isinstance(value, float) else str(value)
        # HTML, 13.1.2.3: quotes may be left out; a page has some thousand attributes.
        quoted = text if _BARE.fullmatch(text) else f'"{html.escape(plain(text))}"'
        parts.append(f"{name}={quoted}")
    start = "<" + " ".join(parts)
    if tag in _VOID:
        return Markup(start + (" />" if tag in _SVG else ">"))
    end = "" if tag in _OPEN else f"</{tag}>"
    return Markup(f"{start}>{_render(children)}{end}")
