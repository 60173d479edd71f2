"""Facilities inside a record: the branches of an organisation, or a name that stands apart from its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gvrc.meaning.paths import leaves, normal_key
from gvrc.meaning.vocabulary import list_words
from gvrc.shapes import OWN_PLACE, WHERE_OR_HOW, has_facilities_inside, is_name, looks_like_facility, names_facility

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvrc.meaning.meanings import Keys


BRANCHES: Final = list_words("branches")
# What an organisation runs, each with a name of its own: "shelters", "safe_houses".
RUN_BY_A_BODY: Final = frozenset(
    ("shelters", "safehouses", "clinics", "hospitals", "dispensaries", "facilities", "policestations", "policeposts")
)
PARTS: Final = list_words("parts")


class Parted(NamedTuple):
    """A facility with a part of it under a key of its own."""

    key: str
    record: dict[str, Any]


def have_branches(records: Iterable[object], keys: Keys) -> bool:
    """Say whether a record has branches; few lists have the keys for it, and most records are not looked at."""
    said = [record for record in records if isinstance(record, dict)]
    may_have = not (BRANCHES | RUN_BY_A_BODY).isdisjoint(map(normal_key, set[str]().union(*said)))
    return may_have and any(branches_of(record, keys) for record in said)


def branches_of(record: object, keys: Keys) -> list[tuple[str, dict[str, Any]]]:
    """Give the branches of an organisation that are facilities of their own, each with the key of its list.

    A branch must have a place of its own and a name that begins like the organisation's: "Kibra Branch" alone may be
    anybody's, and the branches of two organisations would become one facility. What stands in a list of shelters is
    one, whatever its name.
    """
    if not isinstance(record, dict):
        return []
    listed = [(key, _listed(value)) for key, value in record.items() if normal_key(key) in BRANCHES | RUN_BY_A_BODY]
    if not any(branches for _, branches in listed):
        return []
    names = {word for name in _names_in(record, keys) for word in _first_word(name)}
    return [
        (key, branch)
        for key, value in listed
        for branch in value
        if looks_like_facility(branch, keys) and not OWN_PLACE.isdisjoint(keys.fields_in(branch))
        if normal_key(key) in RUN_BY_A_BODY
        or any(word in names for name in _names_in(branch, keys) for word in _first_word(name))
    ]


def _listed(value: object) -> list[Any]:
    """Give the branches of a list, those that stand under their towns, or the only one: a head office."""
    if isinstance(value, dict):
        several = list(value.values())
        return several if all(isinstance(branch, dict) for branch in several) else [value]
    return value if isinstance(value, list) else []


def _names_in(record: dict[str, Any], keys: Keys) -> list[str]:
    return [value for path, value in leaves(record) if names_facility(path, keys) and is_name(value)]


def _first_word(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[^\W\d_]{3,}", name)[:1]]


def facility_in_parts(value: dict[str, Any], path: tuple[str, ...], keys: Keys) -> Parted | None:
    """Give a facility whose name stands in a part of an object, and its place or contacts beside that part.

    ``{"provider": {"name": ..}, "geo": {"county": ..}, "phones": [..]}``: the part is put under ``facility``, which
    only wraps. Not if it stands above other facilities, and not for a whole document: there the sender stands beside.
    """
    parts = [key for key, inner in value.items() if looks_like_facility(inner, keys)]
    if not path or len(parts) != 1 or normal_key(parts[0]) not in PARTS or "facility" in value:
        return None
    beside = {key: inner for key, inner in value.items() if key != parts[0]}
    if WHERE_OR_HOW.isdisjoint(keys.fields_in(beside)) or has_facilities_inside(beside, keys):
        return None
    return Parted(parts[0], {"facility": value[parts[0]], **beside})
