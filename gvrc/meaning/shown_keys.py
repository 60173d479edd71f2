"""Keys of a document as they may be shown: those that a schema could have, never one that is a name or a number.

Sources use names of persons and telephone numbers for keys: ``{"survivors": {"Mary Fict": {"age": 3}}}``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from gvrc.lazy import lazy_pattern
from gvrc.masking import HIDDEN, mask_contacts, mask_digits
from gvrc.meaning.key_paths import PLACE_PARENTS
from gvrc.meaning.key_table import keys_in_table
from gvrc.meaning.list_names import FACILITY_LISTS, NOT_FACILITIES, is_county
from gvrc.meaning.paths import KEY_WORDS, UUID, normal_key
from gvrc.meaning.personal import is_personal, words_of
from gvrc.meaning.vocabulary import list_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Keys as programs write them: snake or camel case that begins small, "@id", "$oid", "addr:city", "group_a/beds".
OF_SCHEMA: Final = lazy_pattern(r"[@$#_]*[a-z][A-Za-z0-9]*(?:[_:/.-]+[A-Za-z0-9]+)*_?")
LONGEST_KEY: Final = 60
OTHER_KEYS: Final = "(further keys)"  # those beyond the number that is listed separately
RUNNING_TEXT: Final = 5  # words; a value of so many or more is what somebody wrote, not the name of a thing
SIZE: Final = lazy_pattern(r"a list of \d+|an object of \d+ keys")  # how a list and an object are described
NUMBER: Final = lazy_pattern(r"\d(?:[ .()-]{0,2}\d){4}")
FACILITY_TERMS: Final = list_words("facility_terms")


def shown_path(parts: Iterable[str], *, is_repeated: bool = False) -> str:
    """Give the keys that lead to a place, dotted; ``is_repeated`` says that the last was met in several records."""
    *above, last = parts
    return ".".join((*map(shown_key, above), _shown_last(above, last, is_repeated=is_repeated)))


def _shown_last(above: Sequence[str], last: str, *, is_repeated: bool) -> str:
    """Show a key that is repeated, unless it stands where persons are listed: their names are repeated, too."""
    is_of_persons = is_repeated and (is_personal(".".join(above)) or HIDDEN in map(shown_key, above))
    return shown_key(last, is_repeated=is_repeated and not is_of_persons)


@lru_cache(maxsize=20_000)
def shown_key(key: str, *, is_repeated: bool = False) -> str:
    """Give a key as it came if it looks like one of a schema; else hide it."""
    if len(key) > LONGEST_KEY or NUMBER.search(key) or mask_contacts(key) != key:
        return HIDDEN
    if OF_SCHEMA.fullmatch(key) or is_repeated or is_known(key):
        return key
    return HIDDEN


def is_known(key: str) -> bool:
    """Say whether a key is known, is a county, or is made of words that are about facilities."""
    if normal_key(key) in _known_keys() or is_county(key):
        return True
    words = [word.lower() for word in KEY_WORDS.findall(key)]
    return bool(words) and all(word in _terms() or word.removesuffix("s") in _terms() for word in words)


@cache
def _known_keys() -> frozenset[str]:
    in_table = (normal_key(part) for key in keys_in_table() for part in key.split("."))
    return frozenset((*in_table, *FACILITY_LISTS, *NOT_FACILITIES, *PLACE_PARENTS))


@cache
def _terms() -> frozenset[str]:
    return FACILITY_TERMS.union(*map(words_of, keys_in_table()))


def shown_unmapped(unmapped: Mapping[str, tuple[int, str]]) -> dict[str, tuple[int, str]]:
    """Give the count of unmapped keys with keys that may be shown; the example of a hidden key is hidden, too."""
    told: dict[str, tuple[int, str]] = {}
    for key, (count, example) in unmapped.items():
        is_one = key != OTHER_KEYS
        shown = shown_path(key.split("."), is_repeated=count > 1) if is_one else key
        before, _ = told.get(shown, (0, ""))
        is_open = is_one and HIDDEN not in shown and not is_personal(key)
        told[shown] = (before + count, shown_example(example) if is_open else HIDDEN)
    return told


def shown_example(example: str) -> str:
    """Hide contacts and running text in an example of a value.

    Of a number of five digits or more (an identity card, a coordinate of a home), only its form is shown.
    """
    if UUID.fullmatch(example) or SIZE.fullmatch(example):
        return example
    shown = mask_contacts(example)
    if len(shown.split()) >= RUNNING_TEXT:
        return HIDDEN
    return mask_digits(shown) if NUMBER.search(shown) else shown


def shown_types(types: Mapping[str, set[str]]) -> dict[str, list[str]]:
    """Give the types met under each key, with keys that may be shown; a key with two types counts as repeated."""
    told: defaultdict[str, set[str]] = defaultdict(set)
    for key, met in types.items():
        told[shown_path(key.split("."), is_repeated=True)] |= met
    return {key: sorted(met) for key, met in told.items()}


def describe_keys(path: tuple[str, ...], objects: list[dict[str, Any]]) -> str:
    """Name the first keys of objects that stand at a path."""
    met = Counter(chain.from_iterable(objects))
    shown = (_shown_last(path, key, is_repeated=met[key] > 1) for key in list(objects[0])[:KEYS_TOLD])
    return ", ".join(dict.fromkeys(shown))


KEYS_TOLD: Final = 8
