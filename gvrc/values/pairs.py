"""Which latitude belongs to which longitude, if a record states more than one of either.

Half of one pair with half of another is a place that nobody stated. The keys tell what belongs together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import MAX_KNOWN_PATHS, KeyPath, normal_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# In words, abbreviated, or as x and y: "latitude" goes with "longitude", "lat_dd" with "long_dd".
_AXIS: Final = lazy_pattern(r"(?P<words>latitude|longitude)|(?P<short>lat|long|lng|lon)|(?P<plane>\A[xy]\Z)")
PLANE: Final = "plane"  # x and y may be metres, so they do not go with degrees


# A separate column for the side of the equator or of the meridian.
_SIDES: Final = {
    **dict.fromkeys(("ns", "northsouth", "northorsouth"), "latitude"),
    **dict.fromkeys(("ew", "eastwest", "eastorwest"), "longitude"),
    **{
        f"{gps}{axis}{side}": whole
        for whole, axes in (("latitude", ("latitude", "lat")), ("longitude", ("longitude", "long", "lon", "lng")))
        for axis in axes
        for side in ("dir", "direction", "hemisphere", "hemi", "ref", "side", "ns", "ew")
        for gps in ("", "gps")
    },
}
_SIDE: Final = lazy_pattern(
    r"\s*(?:([NSEW])|(north|south|east|west)(?:ern)?|(kaskazini|kusini|mashariki|magharibi))\.?\s*", re.IGNORECASE
)
_IN_SWAHILI: Final = {"KASKAZINI": "N", "KUSINI": "S", "MASHARIKI": "E", "MAGHARIBI": "W"}
_HAS_SIDE: Final = lazy_pattern(r"(?:^|[^a-z])[nsew](?:[^a-z]|$)|north|south|east|west", re.IGNORECASE)


def side_of(path: KeyPath) -> str | None:
    """Give the axis whose side a key tells: ``lat_dir``, ``longitude_hemisphere``, ``NS``."""
    return _SIDES.get(normal_key(str(path[-1])))


def is_side(text: str | None) -> bool:
    """Say whether a text is a side and nothing else."""
    return text is not None and _SIDE.fullmatch(text) is not None


def with_side(degrees: str | None, side: str | None) -> str | None:
    """Put a side after degrees that have none; if both are there and differ, the result is read as neither.

    >>> with_side("1.31", "South"), with_side("1.31 N", "S"), with_side("-1.31", None)
    ('1.31 S', '1.31 N S', '-1.31')
    """
    if degrees is None or side is None or not (found := _SIDE.fullmatch(side)):
        return degrees
    letter = _IN_SWAHILI[found[3].upper()] if found[3] else (found[1] or found[2])[0].upper()
    is_there = _HAS_SIDE.search(degrees) and letter in degrees.upper()
    return degrees if is_there else f"{degrees} {letter}"


class _Form(NamedTuple):
    """What the key of a latitude has in common with that of its longitude."""

    parent: KeyPath
    spelling: str | None  # None for a key that is of no known form: a source may pin any
    rest: str


_Left = list[dict[int, _Form]]


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def first_pair(latitudes: tuple[KeyPath, ...], longitudes: tuple[KeyPath, ...]) -> tuple[int, int] | None:
    """Give the places of the first latitude and longitude that belong together; the best keys come first.

    They share form and parent, or are left over under one parent, or left over at all. Leftovers are paired only if
    there are as many latitudes as longitudes: otherwise nobody knows whose half is missing.

    >>> first_pair((("latitude",), ("lat",)), (("lng",),))
    (1, 0)
    """
    left: _Left = [dict(enumerate(map(_form_of, paths))) for paths in (latitudes, longitudes)]
    pairs = [
        *_take_pairs(left, lambda form: form if form.spelling else None),
        *_take_pairs(left, lambda form: form.parent, must_be_even=True),
        *_take_pairs(left, lambda _: (), must_be_even=True),
    ]
    return min(pairs, default=None)


def _take_pairs(
    left: _Left, shared: Callable[[_Form], tuple[object, ...] | None], *, must_be_even: bool = False
) -> Iterator[tuple[int, int]]:
    """Pair off, in order, those that share something, and take them out of what is left."""
    latitudes, longitudes = (_grouped(forms, shared) for forms in left)
    for what, places in latitudes.items():
        others = longitudes.get(what, [])
        if must_be_even and len(places) != len(others):
            continue
        for latitude, longitude in zip(places, others, strict=False):
            if (left[0][latitude].spelling == PLANE) == (left[1][longitude].spelling == PLANE):
                del left[0][latitude], left[1][longitude]
                yield latitude, longitude


def _grouped(
    forms: dict[int, _Form], shared: Callable[[_Form], tuple[object, ...] | None]
) -> dict[tuple[object, ...], list[int]]:
    found: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for place, form in forms.items():
        if (what := shared(form)) is not None:
            found[what].append(place)
    return found


def _form_of(path: KeyPath) -> _Form:
    """Take the word for the axis out of a key; a form's group (``group_a/lat``) is a parent like any other."""
    *groups, key = str(path[-1]).split("/")
    word = normal_key(key)
    found = _AXIS.search(word)
    rest = word if found is None else word[: found.start()] + word[found.end() :]
    return _Form((*path[:-1], *groups), found and found.lastgroup, rest)
