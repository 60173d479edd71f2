"""Lists of JSON-LD whose items stand inside of what only lists them: a directory's page is marked up so (schema.org).

``{"@type": "ItemList", "name": "Shelters", "itemListElement": [{"@type": "ListItem", "item": {"@type": "NGO", ..}}]}``.
Read as it stands, the list itself became a facility called ``Shelters``, and its items were lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from gvrc.meaning.other_kinds import other_kind
from gvrc.reading.cursor import MAX_DEPTH, read_element

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvrc.reading.elements import Elements

# What only lists others, and the key that these stand under. Of a page only a list is taken: it may be on a question.
LISTING: Final = {
    "ItemList": "itemListElement",
    "ListItem": "item",
    "CollectionPage": "mainEntity",
    "WebPage": "mainEntity",
}
REFERENCE: Final = frozenset(("@id", "name", "url"))  # a step of a page's breadcrumbs says no more


def are_listings(values: Iterable[object]) -> bool:
    """Say whether any of the first values of a list only lists others, which stand inside of it."""
    return any(_listed_in(value) for value in values)


def listed_items(parts: Iterable[Elements]) -> Iterator[Elements]:
    """Give what is listed in the place of what lists it; all else, and what lists nothing inside, as it is."""
    for elements in parts:
        yield [item for element in elements for item in _items_of(element)]


def _items_of(element: msgspec.Raw | bytes) -> Elements:
    return [*map(msgspec.json.encode, _listed_in(read_element(element)))] or [element]


def _listed_in(value: object, depth: int = 0) -> list[dict[str, Any]]:
    """Give what a page, a list or its element lists, at whatever depth; no mere reference.

    >>> _listed_in({"@type": "ListItem", "position": 1, "item": {"@type": "NGO", "name": "Lindi Safe House"}})
    [{'@type': 'NGO', 'name': 'Lindi Safe House'}]
    >>> _listed_in({"@type": "ListItem", "item": {"@id": "#a"}}), _listed_in({"@type": "NGO", "item": {"name": "a"}})
    ([], [])
    """
    if not isinstance(value, dict) or "@type" not in value or depth > MAX_DEPTH:
        return []
    key = LISTING.get(other_kind(value) or "")
    if key is None:
        return []
    listed = value.get(key)
    items = [item for item in (listed if isinstance(listed, list) else [listed]) if isinstance(item, dict)]
    plain = [item for item in items if key != "mainEntity" and _is_item(item)]
    return plain + [found for item in items for found in _listed_in(item, depth + 1)]


def _is_item(item: dict[str, Any]) -> bool:
    """Say whether an item says more than what it is called, and is not of a kind that says nothing, or no facility."""
    return "name" in item and not item.keys() <= REFERENCE and item.get("@type") != "Thing" and not other_kind(item)
