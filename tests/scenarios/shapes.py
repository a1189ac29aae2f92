"""Exceptions of every shape that a worker may raise: bases with a text, and odd ones without.

Each text begins with MARK.  A shape says which pieces of it an error has to carry.
"""

import errno
import itertools
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

MARK = "planted by the suite"

_MORE = "and more"
_LONG = 1 << 19  # letters of two bytes each in UTF-8: a megabyte
_MANY = 3000  # letters: more than a text of usual length may have
_UMLAUTS = "Größe"
_ESCAPED = ("Gr\\xf6\\xdfe", "Gr\\u00f6\\u00dfe")  # as Python and as JSON escape it
_FORMS = "{} {0} {pid} {x.y[0]} %s %d %(pid)s % $pid ${pid}"

Pieces = tuple[tuple[str, ...], ...]  # each in one of several spellings


@dataclass(frozen=True)
class Shape:
    """An exception that a worker raises.

    throw: raises it.
    pieces: what the error of the run has to contain, of the text: each in one of its spellings.
    ends_loops: whether a loop that it is raised in may take it for the end: StopIteration.
    """

    throw: Callable[[], NoReturn]
    pieces: Pieces = ()
    ends_loops: bool = False


# The texts, and the pieces of each that have to be carried. What has no code in UTF-8 may be
# written in any way. A text may be cut, but not before the end of MARK.
_TEXTS: dict[str, tuple[str | None, Pieces]] = {
    "a text": (MARK, ((MARK,),)),
    "no text": (None, ()),
    "umlauts": (f"{MARK} {_UMLAUTS}", ((MARK,), (_UMLAUTS, *_ESCAPED))),
    "a lone surrogate": (f"{MARK} \udce9 {_MORE}", ((MARK,), (_MORE,))),
    "a NUL": (f"{MARK}\0{_MORE}", ((MARK,), (_MORE,))),
    "lines": (f"{MARK}\n\n{_MORE}\n", ((MARK,), (_MORE,))),
    # What stands for a value, where a text is taken for a form: str.format, %, string.Template.
    "marks of forms": (f"{MARK} {_FORMS}", ((MARK,), (_FORMS,))),
    # One of them is cut amid a letter, wherever a text is cut.
    "letters of two bytes": (MARK + "ö" * _MANY, ((MARK,),)),
    "letters of two bytes, one byte later": (MARK + "-" + "ö" * _MANY, ((MARK,),)),
    "a megabyte": (MARK + "ö" * _LONG, ((MARK,),)),
}


class _TwoArguments(Exception):  # noqa: N818 - so that its name does not say what it is
    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class _KeywordsAlone(Exception):  # noqa: N818
    def __init__(self, *, text: str) -> None:
        super().__init__(text)


class _NoArguments(Exception):  # noqa: N818
    def __init__(self) -> None:
        super().__init__()


class _OwnOSError(OSError):
    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class _OwnOSErrorWithErrno(OSError):  # noqa: N818
    def __init__(self, text: str) -> None:
        super().__init__(errno.ENOENT, text)


class _NoException(BaseException):
    pass


class _CannotBePickled(Exception):  # noqa: N818
    def __reduce__(self) -> NoReturn:
        raise RuntimeError("not to be pickled")


def _raised(error: BaseException) -> NoReturn:
    raise error


def _without_arguments(text: str) -> BaseException:
    error = _NoArguments()
    error.args = (text,)
    return error


def _of_a_local_class(text: str) -> BaseException:
    class Local(Exception):  # noqa: N818
        pass

    return Local(text)


def _in_a_circle(text: str) -> BaseException:
    first, second = ValueError(text), ValueError("its cause")
    first.__cause__ = first.__context__ = second
    second.__cause__ = second.__context__ = first
    return first


def _while_another_is_handled(text: str) -> NoReturn:
    try:
        raise KeyError("the first one")
    except KeyError:
        raise ValueError(text)  # noqa: B904 - the first one is its context


def _warned(text: str) -> NoReturn:
    warnings.simplefilter("error")
    warnings.warn(text, UserWarning, stacklevel=1)
    raise AssertionError("a warning was no error")


def _wrapped(make: Callable[[str], BaseException]) -> Callable[[str], NoReturn]:
    return lambda text: _raised(make(text))


# What raises an exception with a text.
_BASES: dict[str, Callable[[str], NoReturn]] = {
    "ValueError": _wrapped(ValueError),
    "KeyError": _wrapped(KeyError),
    "OSError": _wrapped(OSError),
    "OSError with errno": _wrapped(lambda text: OSError(errno.ENOENT, text)),
    "MemoryError": _wrapped(MemoryError),
    "SystemExit": _wrapped(SystemExit),
    "KeyboardInterrupt": _wrapped(KeyboardInterrupt),
    "GeneratorExit": _wrapped(GeneratorExit),
    "StopIteration": _wrapped(StopIteration),
    "a subclass of BaseException": _wrapped(_NoException),
    "a class with two arguments": _wrapped(lambda text: _TwoArguments(text, 7)),
    "a class with keywords alone": _wrapped(lambda text: _KeywordsAlone(text=text)),
    "a class without arguments": _wrapped(_without_arguments),
    "a subclass of OSError": _wrapped(lambda text: _OwnOSError(text, 7)),
    "a subclass of OSError with errno": _wrapped(_OwnOSErrorWithErrno),
    "a local class": _wrapped(_of_a_local_class),
    "what cannot be pickled": _wrapped(_CannotBePickled),
    "a lock among its arguments": _wrapped(lambda text: ValueError(text, threading.Lock())),
    "an exception group": _wrapped(lambda text: ExceptionGroup(text, [ValueError("one")])),
    "a group with KeyboardInterrupt": _wrapped(
        lambda text: BaseExceptionGroup(text, [KeyboardInterrupt()])
    ),
    "a cause in a circle": _wrapped(_in_a_circle),
    "while another is handled": _while_another_is_handled,
    "a warning that is an error": _warned,
    "UnicodeDecodeError": _wrapped(lambda text: UnicodeDecodeError("utf-8", b"\xff", 0, 1, text)),
}

# Of these, classes for which it is usual to be raised without a text.
_BARE: dict[str, Callable[[], BaseException]] = {
    "ValueError": ValueError,
    "OSError": OSError,
    "MemoryError": MemoryError,
    "SystemExit": SystemExit,
    "KeyboardInterrupt": KeyboardInterrupt,
    "GeneratorExit": GeneratorExit,
    "StopIteration": StopIteration,
    "a subclass of BaseException": _NoException,
    "a class without arguments": _NoArguments,
}


class _StrRaises(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise ValueError("no text")


class _StrExits(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise SystemExit(0)

    __repr__ = __str__


class _StrIsNoText(Exception):  # noqa: N818
    def __str__(self) -> str:
        return None  # type: ignore[return-value]  # noqa: PLE0307 - what it is for

    __repr__ = __str__


class _ReprRaises(Exception):  # noqa: N818
    def __repr__(self) -> str:
        raise ValueError("no text")


def _too_deep() -> NoReturn:
    _too_deep()


def _holding_itself() -> BaseException:
    error = ValueError()
    error.args = (error,)
    return error


_ODD: dict[str, Shape] = {
    "SystemExit(0)": Shape(lambda: _raised(SystemExit(0))),
    "SystemExit(7)": Shape(lambda: _raised(SystemExit(7))),
    # It has no text, but the name of its class is there to be told.
    "a __str__ that raises": Shape(lambda: _raised(_StrRaises(MARK)), (("_StrRaises",),)),
    "a __str__ that exits": Shape(lambda: _raised(_StrExits(MARK))),
    "a __str__ that returns no text": Shape(lambda: _raised(_StrIsNoText(MARK))),
    "a __repr__ that raises": Shape(lambda: _raised(_ReprRaises(MARK))),
    "an exception that holds itself": Shape(lambda: _raised(_holding_itself())),
    "RecursionError": Shape(_too_deep, (("recursion",),)),
}


def _shapes(base: str, text: str) -> Iterator[tuple[str, Shape]]:
    """Yield the name and the shape of *base* with *text*, if there is one."""
    written, pieces = _TEXTS[text]
    ends_loops = base == "StopIteration"
    if written is not None:
        throw = _BASES[base]
        yield f"{base}, {text}", Shape(lambda: throw(written), pieces, ends_loops)
    elif base in _BARE:
        make = _BARE[base]
        yield f"{base}, {text}", Shape(lambda: _raised(make()), (), ends_loops)


EVERY: dict[str, Shape] = _ODD | dict(
    shape for base, text in itertools.product(_BASES, _TEXTS) for shape in _shapes(base, text)
)
"""All shapes: each base with each text, and the odd ones."""

_WRITTEN = [text for text, (written, _) in _TEXTS.items() if written is not None]

SOME: list[str] = [
    *(f"{base}, {_WRITTEN[number % len(_WRITTEN)]}" for number, base in enumerate(_BASES)),
    *(
        f"{base}, no text"
        for base in ("SystemExit", "KeyboardInterrupt", "a class without arguments")
    ),
    *_ODD,
]
"""Names of shapes in which each base and each text comes at least once."""
