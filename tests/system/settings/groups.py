"""Groups of settings, and what differs between two snapshots, in words."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

_LONGEST = 150  # characters of a value that a sentence has


class Group(NamedTuple):
    """Settings of one kind.

    label: the words for one of them, with {} for its name.
    values: the value of each, by its name.
    by_import: whether the import of a module may change them.  A first run may import modules.
    gone: the word for a value that one of two snapshots does not have; None if it is not compared.
    """

    label: str
    values: dict[str, object]
    by_import: bool = False
    gone: str | None = None


# Each group by all but its values.
Settings = dict[tuple[str, bool, str | None], Group]


def by_kind(groups: Iterable[Group]) -> Settings:
    """Return *groups*; those of one kind are made one."""
    found: Settings = {}
    for group in groups:
        kind = (group.label, group.by_import, group.gone)
        values = found[kind].values if kind in found else {}
        found[kind] = group._replace(values=values | group.values)
    return found


def without_imports(settings: Settings) -> Settings:
    """Return the groups of *settings* that the import of a module does not change."""
    return {kind: group for kind, group in settings.items() if not group.by_import}


def only_steady(first: Settings, second: Settings) -> Settings:
    """Return *second* without what differs from *first*, though nothing was done between them.

    Such a value changes by itself, as a counter that only a newer kernel has.
    """
    return {
        kind: group._replace(
            values={
                name: value
                for name, value in group.values.items()
                if kind in first and _same(first[kind].values.get(name), value)
            }
        )
        for kind, group in second.items()
    }


def changes(before: Settings, after: Settings) -> dict[str, str]:
    """Return what differs: the words for each setting, and how it was and how it is now."""
    return {
        f"{group.label.format(name)} of the caller": _words(old, new)
        for kind, group in before.items()
        if kind in after
        for name, old, new in _pairs(group, after[kind])
        if not _same(old, new)
    }


def _pairs(before: Group, after: Group) -> Iterator[tuple[str, object, object]]:
    """Yield the name of each setting of two groups, and its two values."""
    names = before.values.keys() & after.values.keys()
    if before.gone is not None:
        names = before.values.keys() | after.values.keys()
    for name in sorted(names):
        yield name, before.values.get(name, before.gone), after.values.get(name, before.gone)


def _same(old: object, new: object) -> bool:
    return old is new or old == new


def _words(old: object, new: object) -> str:
    if type(old) is tuple and type(new) is tuple:
        less = [_text(item) for item in old if item not in new]
        more = [_text(item) for item in new if item not in old]
        parts = ["now without " + ", ".join(less)] * bool(less)
        parts += ["now with " + ", ".join(more)] * bool(more)
        return _short(" and ".join(parts) or "in another order or number now")
    return f"{_text(old)} before, {_text(new)} after"


def _text(value: object) -> str:
    return _short(value if isinstance(value, str) else repr(value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
