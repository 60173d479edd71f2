"""Records that say where their facility is, and that it must not be told: a shelter whose survivors call first.

``{"name": "Lindi Safe House", "lat": .., "long": .., "confidential_location": true}``. Who reads the directory would
find it, and so would those from whom its people hide.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gvrc.meaning.paths import MAX_KNOWN_PATHS, KeyPath, normal_key
from gvrc.meaning.vocabulary import list_words
from gvrc.values.casts import read_flag

if TYPE_CHECKING:
    from collections.abc import Iterable

LOCATION_FIELDS: Final = ("address", "coordinates", "geometry", "latitude", "longitude")  # the ward may be told
WITHHELD: Final = list_words("location_withheld")
SHOWN: Final = list_words("location_shown")


class Withheld(NamedTuple):
    """What a key says of who may know a location."""

    rows: dict[int, str]  # that it must not be told, in the words of the record
    others: list[Any]  # the values that are no yes and no no, by row


def withheld_in(path: KeyPath, values: Iterable[Any]) -> Withheld | None:
    """Give what a key says of who may know a location; None for a key of anything else.

    >>> withheld_in(("confidential_location",), [True, "No", None, "House 5"])
    Withheld(rows={0: 'confidential_location: True'}, others=[None, None, None, 'House 5'])
    >>> withheld_in(("address", "public"), ["no", True]), withheld_in(("public",), [False])
    (Withheld(rows={0: 'public: no'}, others=[None, None]), None)
    """
    withholds = _withholds_if(path)
    if withholds is None:
        return None
    said = [(value, read_flag(str(value).strip())) for value in values]
    return Withheld(
        {row: f"{path[-1]}: {value}" for row, (value, flag) in enumerate(said) if flag is withholds},
        [value if flag is None else None for value, flag in said],
    )


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def _withholds_if(path: KeyPath) -> bool | None:
    """Say whether yes or no under a key means that a location must not be told; None for a key of anything else."""
    forms = {normal_key(str(path[-1])), normal_key("".join(map(str, path[-2:])))}
    return next((answer for words, answer in ((WITHHELD, True), (SHOWN, False)) if not forms.isdisjoint(words)), None)
