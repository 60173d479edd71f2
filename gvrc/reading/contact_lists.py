"""The contacts of a record, wherever they stand, as one list: ``[{"key": "contacts.phone", "value": "..."}, ...]``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.meaning.paths import is_absent, normal_key
from gvrc.reading.json_texts import Texts, Values, json_texts_of
from gvrc.values.contact_keys import COUNTRY_CODES, ENDING_KEYS, SHARED, is_one_person, says_private, without_groups
from gvrc.values.contact_statements import is_of_a_case, is_secondary

if TYPE_CHECKING:
    from collections.abc import Iterator


def contacts_of(columns: list[tuple[int, str, Values]], rows: int) -> Texts:
    """Put the contacts of each record together, in the order of the columns that have them."""
    entries: list[list[dict[str, Any]]] = [[] for _ in range(rows)]
    for _, key, values in columns:
        for row, value in enumerate(values):
            if value is not None:
                entries[row] += _entries(key, value)
    return json_texts_of([found or None for found in entries])


def _entries(key: str, value: object) -> Iterator[dict[str, Any]]:
    """Take contacts apart: each item of a list, and each key of an object unless it is one contact or one person.

    Not by recursion: since Python 3.12 msgspec opens what is nested up to 10,000 deep, deeper than calls may go.
    """
    waiting = [(key, value)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, list):
            in_order = sorted(value, key=is_secondary)  # taken apart, they do not say which was primary
            waiting += [(key, item) for item in reversed(in_order)]
        elif isinstance(value, dict) and any("/" in name for name in value):
            waiting.append((key, _without_slashes(value)))
        elif isinstance(value, dict) and not _is_one_contact(value):
            waiting += [(f"{key}.{name}", inner) for name, inner in reversed(value.items())]
        elif not is_absent(value):
            yield {"key": key, "value": value}


def _without_slashes(value: dict[str, Any]) -> dict[str, Any]:
    """Give the questions of a repeated group without the group (``contacts_repeat/phone``: KoBo), each still one key.

    >>> _without_slashes({"rpt/phone": "0700000016", "Tel/Fax": "0200000016"})
    {'phone': '0700000016', 'Tel Fax': '0200000016'}
    """
    plain = {name: without_groups(name).replace("/", " ") for name in value}
    are_apart = len(set(plain.values())) == len(plain)
    return {plain[name] if are_apart else name.replace("/", " "): inner for name, inner in value.items()}


def _is_one_contact(value: dict[str, Any]) -> bool:
    return (
        not ONE_CONTACT.isdisjoint(map(normal_key, value))
        or is_one_person(value)
        or any(_is_kept(normal_key(key), inner) for key, inner in value.items())
    )


def _is_kept(word: str, value: object) -> bool:
    """Say whether something in an object tells that what stands beside it is not for the public."""
    return says_private(word, value) or is_of_a_case(word, value)


ONE_CONTACT: Final = (
    ENDING_KEYS
    | SHARED
    | COUNTRY_CODES
    | frozenset(("value", "contactvalue", "type", "contacttype", "contacttypename", "system", "number", "kind"))
)
