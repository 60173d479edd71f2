"""Which keys mean what: ``keys.csv`` is the table, and a source's own keys may be pinned."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from gvrc.meaning.paths import (
    GROUP_MARK,
    HIT,
    MAX_KNOWN_PATHS,
    WRAPPER,
    KeyPath,
    is_absent,
    is_group,
    is_wrapper,
    leaves,
    normal_key,
    words_of_key,
)
from gvrc.meaning.person_words import is_people
from gvrc.meaning.vocabulary import list_words, spelt_out

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping


PLACE_PARENTS: Final = list_words("place_parents")
PLACE_FIELDS: Final = frozenset(
    (
        *("county_name", "constituency_name", "ward_name", "sub_county_name", "place_hint"),
        *("latitude", "longitude", "coordinates", "geometry", "address"),
    )
)
NAME_CHILDREN: Final = frozenset(("name", "label", "title", "display", "text", "value", "en", "english", "rendered"))
# MongoDB's export writes a number or a day as an object that names its type.
TYPED_VALUES: Final = frozenset(
    ("$oid", "$date", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$uuid", "$symbol")
)
GEOMETRY_TYPES: Final = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)


class Meaning(NamedTuple):
    """A field that a key may stand for; the candidate with the lowest rank is asked first."""

    field: str
    rank: int


class Keys:
    """Finds the fields that a path may stand for: first what the source's rules pin, then the table."""

    def __init__(
        self, pinned: Mapping[str, Iterable[str]] | None = None, no_codes: frozenset[KeyPath] = frozenset()
    ) -> None:
        self._pins = pinned or {}
        self._pinned = _pinned_meanings(self._pins)
        self._taken = frozenset(self._pins)
        self._no_codes = no_codes
        self._known = lru_cache(maxsize=MAX_KNOWN_PATHS)(self._find)

    def meanings(self, path: KeyPath) -> tuple[Meaning, ...]:
        """Give the fields that a path may stand for, none for a key that nobody knows."""
        return self._known(path)

    def ranks(self, path: KeyPath) -> dict[str, int]:
        """Give the rank of each field that a path may stand for."""
        return dict(reversed(self._known(path)))

    def fields_in(self, record: object) -> Iterator[str]:
        """Give the fields that a record may say something of, one for each value and each of its meanings."""
        for path, value in leaves(record):
            if not is_absent(value):
                yield from (meaning.field for meaning in self.meanings(path))

    def pins(self, field: str) -> bool:
        """Say whether the source's rules name the keys of a field."""
        return field in self._taken

    def without_codes(self, paths: Collection[KeyPath]) -> Keys:
        """Give the same keys, but that what stands under these paths is no facility's code."""
        return keys_of_source(self._pins, frozenset(paths)) if paths else self

    def opens(self, path: KeyPath) -> bool:
        """Say whether an object under this path may hold values that are known."""
        words = _words(path)
        return bool(words) and (
            words[-1] in PLACE_PARENTS
            or words[-1] in LINKS
            or is_group(path[-1])
            or WRAPPER.fullmatch(words[-1]) is not None
            or words[-1] in _parents_in_table()
            or bool(self.meanings(path))
            or (words[-1] == "data" and len(words) > 1 and self.opens(path[:-1]))
            or any(_starts(pin, words) for pin in self._pinned)
        )

    def _find(self, path: KeyPath) -> tuple[Meaning, ...]:
        words = _words(path)
        pinned = self._pinned.get(words, ())
        if pinned:
            return pinned
        if _is_of_item(path):
            return ()
        taken = self._taken | _of_others(path[:-1]) | (CODES if path in self._no_codes else frozenset())
        later = LATER if str(path[-1]).startswith(SAID_AFTERWARDS) else 0
        return tuple(Meaning(field, rank + later) for field, rank in _meanings_of(words, path) if field not in taken)


def keys_of_source(pinned: Mapping[str, Iterable[str]], no_codes: frozenset[KeyPath] = frozenset()) -> Keys:
    """Give the keys of a source by what it pins: what a path stands for is found once for all its files."""
    return _keys_that_pin(tuple((field, tuple(keys)) for field, keys in pinned.items()), no_codes)


@lru_cache(maxsize=64)
def _keys_that_pin(pinned: tuple[tuple[str, tuple[str, ...]], ...], no_codes: frozenset[KeyPath]) -> Keys:
    return Keys(dict(pinned), no_codes)


CODES: Final = frozenset(("facility_code",))
LATER: Final = 500
# GraphQL's own type of a node: what the node says of its type goes before. In Dynamics new_ward is a column's name, in
# other tables it stands beside ward.
SAID_AFTERWARDS: Final = ("__typename", "new_")


def is_geometry(value: object) -> bool:
    """Say whether an object is a GeoJSON geometry that has coordinates."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str) or value["type"] not in GEOMETRY_TYPES:
        return False
    return bool(value.get("coordinates") or value.get("geometries"))


def _words(path: KeyPath) -> tuple[str, ...]:
    words = ["doc" if key == HIT else normal_key(without_marks(key)) for key in path if isinstance(key, str)]
    return (*(LINKS.get(word, word) for word in words[:-1]), *words[-1:])


# What a key links to may stand in its place: {"ward_id": {"name": "Lindi"}} (Directus).
LINKS: Final = {f"{unit}id": unit for unit in ("county", "constituency", "subcounty", "ward")}


def without_marks(key: str) -> str:
    """Take the marks off a column that its user has added: in Salesforce, in Drupal and in Dynamics.

    >>> [without_marks(key) for key in ("Ward__c", "field_ward", "new_ward", "field_name", "field_office")]
    ['Ward', 'ward', 'ward', 'field_name', 'field_office']
    """
    return CUSTOM.sub("", key)


CUSTOM: Final = re.compile(
    r"(?<=[^_])__[cs]\Z|^(?:field|new|cr[0-9a-f]{3,5})_(?=\w)(?!(?:name|label|title|text|value|code|type|status|id|uuid|number|state|owner|offices?)\Z)"
)


def _is_of_item(path: KeyPath) -> bool:
    """Say whether a path leads into a list of tags or attributes: each is one of many, and none is the record."""
    return any(isinstance(key, str) and isinstance(place, int) and is_wrapper(key) for key, place in pairwise(path))


def _starts(pin: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return pin[: len(words)] == words


def _pinned_meanings(pinned: Mapping[str, Iterable[str]]) -> dict[tuple[str, ...], tuple[Meaning, ...]]:
    found: dict[tuple[str, ...], tuple[Meaning, ...]] = {}
    for field, keys in pinned.items():
        for rank, key in enumerate(keys):
            words = _words(tuple(key.split(".")))
            found[words] = (*found.get(words, ()), Meaning(field, rank))
    return found


def _meanings_of(words: tuple[str, ...], path: KeyPath) -> tuple[Meaning, ...]:
    words = (*_without_wrappers(words), *words[-1:])
    if direct := _table().get(words):
        return direct
    key = str(path[-1])
    if "/" in key or any(map(is_group, path[:-1])):
        return _of_form(key.split("/") if "/" in key else [part for part in path if isinstance(part, str)])
    if len(words) == 1:
        return _of_column(words[0], key)
    if words[-2] in PLACE_PARENTS and (inside := _in_place(words)):
        return inside
    if words[-1] in NAME_CHILDREN or key in TYPED_VALUES:
        return tuple(Meaning(field, rank + 500) for field, rank in _meanings_of(words[:-1], words[:-1]))
    return ()


def _of_column(word: str, key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a key that stands alone and is not in the table as it is."""
    if FLATTENED.fullmatch(key):
        return _of_flattened(key.split("."))
    return _with_unit(key) or _cut_off(word, key)


def _with_unit(key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a column of degrees that names their unit: ``Lat (deg)``, ``GPS [DMS]``."""
    found = UNIT_IN_KEY.fullmatch(key)
    known = _table().get(_words(found.groups()), ()) if found else ()
    return tuple(meaning for meaning in known if meaning.field in DEGREES)


UNIT_IN_KEY: Final = re.compile(r"(.+?)\s*[(\[][^()\[\]]*[)\]]\s*")
DEGREES: Final = frozenset(("latitude", "longitude", "coordinates"))


def _without_wrappers(words: tuple[str, ...]) -> Iterator[str]:
    """Give the words above a key but those that only wrap: ``ward.data.attributes.name`` (Strapi) is ``ward.name``."""
    for word, inner in pairwise(words):
        if not WRAPPER.fullmatch(word) and not (word == "data" and inner == "attributes"):
            yield word


def _of_flattened(parts: list[str]) -> tuple[Meaning, ...]:
    """Give the meaning of a path that was written as one key: what it would be if it stood as objects."""
    names = tuple(PLACE_IN_LIST.sub("", part) for part in parts)
    if any(name != part and is_wrapper(name) for name, part in zip(names, parts, strict=True)):
        return ()  # of a list of tags
    taken = _of_others(names[:-1])
    return tuple(meaning for meaning in _meanings_of(_words(names), names) if meaning.field not in taken)


def _of_others(above: KeyPath) -> frozenset[str]:
    """Give the fields that are none of the record's under these keys: the key of a data set, the centre of a ward."""
    taken = OF_NO_METADATA if "metadata" in _words(above) else frozenset()
    return taken | OF_NO_UNIT if is_of_unit(above) else taken


def is_of_unit(path: KeyPath) -> bool:
    """Say whether what stands under these keys is that of a unit of places, or of all that a facility serves.

    >>> is_of_unit(("ward", "centroid")), is_of_unit(("subCountyGeom",)), is_of_unit(("location", "point"))
    (True, True, False)
    """
    return any(not UNITS.isdisjoint(words_of_key(key)) for key in path if isinstance(key, str))


OF_NO_METADATA: Final = frozenset(("source_key",))
OF_NO_UNIT: Final = frozenset(("latitude", "longitude", "coordinates", "geometry", "address"))
UNITS: Final = list_words("units")


FLATTENED: Final = re.compile(r"(?:[A-Za-z]\w*(?:\[\d+\])?\.)+[A-Za-z]\w*(?:\[\d+\])?")  # location.county.name
PLACE_IN_LIST: Final = re.compile(r"\[\d+\]")


def _in_place(words: tuple[str, ...]) -> tuple[Meaning, ...]:
    """Give the meaning of a key inside a location or an address: places, coordinates and addresses only."""
    if words[-2] in ("county", "constituency", "ward") and words[-1] in NAME_CHILDREN:
        return _table()[words[-2:-1]]
    known = _meanings_of(words[-1:], words[-1:])
    return tuple(Meaning(field, rank + 1000) for field, rank in known if field in PLACE_FIELDS)


def _of_form(parts: list[str]) -> tuple[Meaning, ...]:
    """Give the meaning of a question inside a group of a survey form (``group_a/facility_name``: KoBo, ODK).

    A word that many things have is read with its group only: ``contact_person/name`` is no facility's name. The number
    of a respondent, or of a survivor, is none of the facility's.
    """
    whole, question = _words(tuple(parts)), normal_key(parts[-1])
    if found := _table().get(whole[-2:]):
        return found
    known = () if question in NAME_CHILDREN | OF_ANYTHING else _table().get((question,), ())
    is_theirs = any(is_people(group) and not _is_of_facility(group) for group in parts[:-1])
    return tuple(meaning for meaning in known if not (is_theirs and meaning.field == "contacts"))


def _is_of_facility(group: str) -> bool:
    """Say whether a group of questions is of the people to ask for at a facility."""
    word = normal_key(GROUP_MARK.sub("", group))
    return word.startswith(("contact", "focal", "mhusika", "msimamizi", "afisa")) or any(
        meaning.field == "contacts" for meaning in _table().get((word,), ())
    )


def past_word(key: str) -> str | None:
    """Give the word for what a facility is no more, or not yet, of a key in OpenStreetMap's manner.

    >>> past_word("disused:amenity"), past_word("was:healthcare"), past_word("disused:building")
    ('disused', 'closed', None)
    """
    prefix, _, tag = key.rpartition(".")[2].partition(":")
    return LIFECYCLE.get(prefix.lower()) if tag.lower() in MAIN_TAGS else None


LIFECYCLE: Final = {
    **{word: word for word in ("disused", "abandoned", "demolished", "closed", "proposed", "planned")},
    "was": "closed",
    "removed": "closed",
    "historic": "closed",
    "ruins": "abandoned",
    "razed": "demolished",
    "destroyed": "demolished",
    "construction": "under construction",
}
MAIN_TAGS: Final = frozenset(("amenity", "healthcare", "office", "social_facility", "police", "emergency"))
OF_ANYTHING: Final = frozenset(
    ("code", "type", "status", "id", "uuid", "level", "category", "number", "state", "owner")
)


def _cut_off(word: str, key: str) -> tuple[Meaning, ...]:
    """Give the meaning of a column name that dBASE cut to ten characters (``Constituen``), if only one fits."""
    return _beginnings().get(word, ()) if len(key) == DBF_LENGTH else ()


DBF_LENGTH: Final = 10
SHORTEST_BEGINNING: Final = 7  # letters and digits: more than three separators in a name are rare


@cache
def _beginnings() -> dict[str, tuple[Meaning, ...]]:
    found: dict[str, tuple[Meaning, ...]] = {}
    words = [(words[0], meanings) for words, meanings in _table().items() if len(words) == 1]
    for word, meanings in words:
        for length in range(SHORTEST_BEGINNING, min(DBF_LENGTH, len(word)) + 1):
            known = found.setdefault(word[:length], meanings)
            if known and known[0].field != meanings[0].field:
                found[word[:length]] = ()  # it could be either
    return found


@cache
def _table() -> dict[tuple[str, ...], tuple[Meaning, ...]]:
    found: defaultdict[tuple[str, ...], list[Meaning]] = defaultdict(list)
    for rank, (field, key) in enumerate(rows_of_table()):
        words = tuple(normal_key(part) for part in key.split("."))
        if all(meaning.field != field for meaning in found[words]):
            found[words].append(Meaning(field, rank))
    return {words: tuple(meanings) for words, meanings in found.items()}


@cache
def rows_of_table() -> list[tuple[str, str]]:
    """List field and key as the table has them, the best key of a field first."""
    with Path(__file__).with_name("keys.csv").open(encoding="utf-8", newline="") as file:
        return [(row["field"], key) for row in csv.DictReader(file) for key in spelt_out(row["key"])]


def keys_in_table() -> list[str]:
    """List the keys that are known, as they are written."""
    return [key for _, key in rows_of_table()]


def keys_of_field(field: str) -> list[str]:
    """List the keys of a field, as they are written."""
    return [key for of, key in rows_of_table() if of == field]


@cache
def _parents_in_table() -> frozenset[str]:
    return frozenset(word for words in _table() for word in words[:-1])
