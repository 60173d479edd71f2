"""What keys mean: by the table of keys, or as a source's rules pin them."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from gvrc.meaning.key_paths import LINKS, PLACE_PARENTS, fields_of_others, meanings_of_words, words_of_path
from gvrc.meaning.key_table import Meaning, parents_in_table
from gvrc.meaning.paths import MAX_KNOWN_PATHS, PARENT_KEYS, WRAPPER, KeyPath, is_absent, is_group, is_wrapper, leaves

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping


CODES: Final = frozenset(("facility_code",))
LATER: Final = 500
LAST: Final = 5_000  # after what a record says in a place inside it (key_paths.INSIDE_A_PLACE)
# GraphQL's own type of a node: what the node says of its type takes precedence. In Dynamics new_ward is a column's
# name; in other tables it stands beside ward.
SAID_AFTERWARDS: Final = ("__typename", "new_")


class Keys:
    """Finds the fields that a path may stand for: first those that the source's rules pin, then those of the table."""

    def __init__(
        self, pinned: Mapping[str, Iterable[str]] | None = None, no_codes: frozenset[KeyPath] = frozenset()
    ) -> None:
        self._pins = pinned or {}
        self._pinned = _pinned_meanings(self._pins)
        self._taken = frozenset(self._pins)
        self.no_codes = no_codes
        self._known = lru_cache(maxsize=MAX_KNOWN_PATHS)(self._find)

    def meanings(self, path: KeyPath) -> tuple[Meaning, ...]:
        """Give the fields that a path may stand for; none for an unknown key."""
        return self._known(path)

    def ranks(self, path: KeyPath) -> dict[str, int]:
        """Give the rank of each field that a path may stand for."""
        return dict(reversed(self._known(path)))

    def fields_in(self, record: object) -> Iterator[str]:
        """Give the fields that a record may fill: one for each value and each of its meanings."""
        for path, value in leaves(record):
            if not is_absent(value):
                yield from self.ranks(path)

    def pins(self, field: str) -> bool:
        """Say whether the source's rules name the keys of a field."""
        return field in self._taken

    def without_codes(self, paths: Collection[KeyPath]) -> Keys:
        """Give the same keys, except that what stands under these paths is no facility's code."""
        return keys_of_source(self._pins, frozenset(paths)) if paths else self

    def opens(self, path: KeyPath) -> bool:
        """Say whether an object under this path may hold known values."""
        words = words_of_path(path)
        return bool(words) and (
            words[-1] in PLACE_PARENTS
            or words[-1] in LINKS
            or is_group(path[-1])
            or WRAPPER.fullmatch(words[-1]) is not None
            or words[-1] in parents_in_table()
            or bool(self.meanings(path))
            or (words[-1] == "data" and len(words) > 1 and self.opens(path[:-1]))
            or any(_starts(pin, words) for pin in self._pinned)
        )

    def _find(self, path: KeyPath) -> tuple[Meaning, ...]:
        words = words_of_path(path)
        pinned = self._pinned.get(words, ())
        if pinned:
            return pinned
        if _is_of_item(path):
            return ()
        taken = self._taken | fields_of_others(path[:-1]) | (CODES if path in self.no_codes else frozenset())
        later = LAST if path[0] in PARENT_KEYS else LATER if str(path[-1]).startswith(SAID_AFTERWARDS) else 0
        return tuple(
            Meaning(field, rank + later) for field, rank in meanings_of_words(words, path) if field not in taken
        )


def keys_of_source(pinned: Mapping[str, Iterable[str]], no_codes: frozenset[KeyPath] = frozenset()) -> Keys:
    """Give the keys of a source by what it pins: the meaning of a path is looked up once for all its files."""
    return _keys_that_pin(tuple((field, tuple(keys)) for field, keys in pinned.items()), no_codes)


@lru_cache(maxsize=64)
def _keys_that_pin(pinned: tuple[tuple[str, tuple[str, ...]], ...], no_codes: frozenset[KeyPath]) -> Keys:
    return Keys(dict(pinned), no_codes)


def _pinned_meanings(pinned: Mapping[str, Iterable[str]]) -> dict[tuple[str, ...], tuple[Meaning, ...]]:
    found: dict[tuple[str, ...], tuple[Meaning, ...]] = {}
    for field, keys in pinned.items():
        for rank, key in enumerate(keys):
            words = words_of_path(tuple(key.split(".")))
            found[words] = (*found.get(words, ()), Meaning(field, rank))
    return found


def _starts(pin: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return pin[: len(words)] == words


def _is_of_item(path: KeyPath) -> bool:
    """Say whether a path leads into a list of tags or attributes, whose items are not the record itself."""
    return any(isinstance(key, str) and isinstance(place, int) and is_wrapper(key) for key, place in pairwise(path))
