"""Facilities whose names are the keys that they stand under: ``{"Lindi Safe House": {"phone": .., "ward": ..}}``.

A key names a facility only if it has a word that places are called by and one of its own: Police Station is a kind. All
that stands in the same object must be of this form, for who sends a file may have a key and a telephone, too; but for
plain values, such as a date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gvrc.meaning.list_names import is_of_facilities, is_passed_over
from gvrc.meaning.person_words import OF_A_PLACE
from gvrc.meaning.shown_keys import is_known
from gvrc.shapes import WHERE_OR_HOW, is_name, looks_like_facility

if TYPE_CHECKING:
    from gvrc.meaning.meanings import Keys

NAME: Final = "name"


def records_by_name(value: dict[str, Any], path: tuple[str, ...], keys: Keys) -> list[dict[str, Any]]:
    """Give the facilities of an object that has each under its name; none if anything in it is of another form."""
    named = {key: inner for key, inner in value.items() if isinstance(inner, dict)}
    if len(named) == 1 and not (path and is_of_facilities(path[-1])):
        return []
    if any(isinstance(inner, list) for inner in value.values()):
        return []
    are_named = all(_is_named(key, inner, keys) for key, inner in named.items())
    return [{NAME: key} | inner for key, inner in named.items()] if are_named else []


def _is_named(key: str, inner: dict[str, Any], keys: Keys) -> bool:
    """Say whether a key is the name of what stands under it, which has none itself."""
    return (
        may_name_facility(key)
        and not looks_like_facility(inner, keys)
        and looks_like_facility({NAME: key} | inner, keys)
        and not WHERE_OR_HOW.isdisjoint(keys.fields_in(inner))
    )


def may_name_facility(key: str) -> bool:
    """Say whether a key is written like the name of one place, and not like that of a kind or of a column.

    >>> [
    ...     may_name_facility(key)
    ...     for key in ("Lindi Safe House", "Police Station", "Legal Aid", "police_station", "Kibra")
    ... ]
    [True, False, False, False, False]
    """
    return (
        " " in key.strip()
        and is_name(key)
        and not (is_known(key) or is_passed_over(key))
        and OF_A_PLACE.search(key) is not None
    )
