"""Lists that were made columns of a table: ``services[0].name``, ``contacts.0.phone``, ``contacts/0/phone``.

They are put together again, for what an item says counts for this item alone: that a service is not available, that a
number is private, that an address is a former one.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import MAX_KNOWN_PATHS, normal_key
from gvrc.reading.addresses import ADDRESSES
from gvrc.reading.fitting import LIST_FIELDS
from gvrc.reading.identifiers import IDENTIFIERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.meaning.meanings import Keys

# A number alone behind a stroke is a choice in KoBo: services/1.
ITEM: Final = lazy_pattern(
    r"(?P<list>[A-Za-z]\w*)"
    r"(?:\[(?P<bracketed>\d{1,4})\](?:\.(?=.)|\Z)|\.(?P<dotted>\d{1,4})(?:\.(?=.)|\Z)|/(?P<stroke>\d{1,4})/(?=.))"
    r"(?P<rest>.*)"
)
ITEM_FIELDS: Final = frozenset((*LIST_FIELDS, "contacts", "coordinates"))


class Item(NamedTuple):
    """A key of an item of a list: the list, the place in it, and the keys inside the item."""

    of: str
    place: int
    inside: tuple[str, ...]


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def item_of(key: str) -> Item | None:
    """Give the item of a list that a key is of.

    >>> item_of("services[0].name"), item_of("phones.1"), item_of("services/1"), item_of("phone_1")
    (Item(of='services', place=0, inside=('name',)), Item(of='phones', place=1, inside=()), None, None)
    """
    found = ITEM.fullmatch(key)
    if not found:
        return None
    place = found["bracketed"] or found["dotted"] or found["stroke"]
    inside = found["rest"].split("/" if found["stroke"] else ".") if found["rest"] else []
    return Item(found["list"], int(place), tuple(inside))


def lists_flattened(record_keys: Iterable[str], keys: Keys) -> frozenset[str]:
    """Name the lists that were made columns, and are read by their items."""
    lists = {item.of for item in map(item_of, record_keys) if item}
    return frozenset(key for key in lists if _is_read_by_items(key, keys))


def _is_read_by_items(key: str, keys: Keys) -> bool:
    is_known = normal_key(key) in ADDRESSES | IDENTIFIERS
    return is_known or not ITEM_FIELDS.isdisjoint(keys.ranks((key,)))


def with_lists(record: dict[str, Any], lists: frozenset[str]) -> dict[str, Any]:
    """Give a record with its lists put together again; one that stands there itself is whole.

    >>> with_lists({"name": "A", "phones[0].number": "116", "phones[1].number": None}, frozenset(("phones",)))
    {'name': 'A', 'phones': [{'number': '116'}]}
    """
    items: defaultdict[str, dict[int, Any]] = defaultdict(dict)
    others = {}
    for key, value in record.items():
        item = item_of(key)
        if item is None or item.of not in lists or item.of in record:
            others[key] = value
        elif value is not None:
            items[item.of][item.place] = _put_inside(items[item.of].get(item.place), item.inside, value)
    return others | {of: [places[place] for place in sorted(places)] for of, places in items.items()}


def _put_inside(item: object, inside: tuple[str, ...], value: object) -> object:
    """Put a value into an item, in objects under its keys."""
    if not inside:
        return value
    members = item if isinstance(item, dict) else {}
    return members | {inside[0]: _put_inside(members.get(inside[0]), inside[1:], value)}
