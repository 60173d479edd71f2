"""Angles whose degrees, minutes and seconds have a column each: ``Lat (deg)``, ``Lat (min)``, ``Lat (sec)``."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from gvrc.lazy import lazy_pattern
from gvrc.meaning.paths import MAX_KNOWN_PATHS, KeyPath, normal_key
from gvrc.values.positions import MINUS

PART: Final = lazy_pattern(
    r"(?P<of>(?:gps)?(?P<axis>lat|lon|lng)(?:itude|gitude|g)?)(?P<unit>deg|min|sec)(?:s|(?<=deg)rees?|(?<=min)utes?|(?<=sec)onds?)?"
)
AXES: Final = {"lat": "latitude", "lon": "longitude", "lng": "longitude"}
DEGREES: Final = "deg"
DEGREES_AND_SIDE: Final = lazy_pattern(r"(?P<degrees>[^A-Za-z]*?)[\s°º˚]*(?P<side>(?:\s[NSEW])*)")
UNSIDED: Final = " N or S"  # read as neither


class AnglePart(NamedTuple):
    """What a key says of an angle: which angle it is part of, along which axis, and in which unit."""

    of: KeyPath
    axis: str
    unit: str


@lru_cache(maxsize=MAX_KNOWN_PATHS)
def part_of_angle(path: KeyPath) -> AnglePart | None:
    """Give the part of an angle that a path tells.

    >>> part_of_angle(("Lat (min)",)), part_of_angle(("lat",))
    (AnglePart(of=('lat',), axis='latitude', unit='min'), None)
    """
    *groups, key = str(path[-1]).split("/")
    found = PART.fullmatch(normal_key(key))
    return AnglePart((*path[:-1], *groups, found["of"]), AXES[found["axis"]], found["unit"]) if found else None


def put_together(degrees: str, minutes: str | None, seconds: str | None, *, is_latitude: bool) -> str:
    """Put the parts of an angle together; degrees without a side or a sign may be on either side of the equator.

    >>> put_together("1 S", "18", None, is_latitude=True), put_together("1", "18", None, is_latitude=True)
    ("1° 18' S", "1° 18' N or S")
    """
    found = DEGREES_AND_SIDE.fullmatch(degrees.strip())
    minor = [f"{told.strip()}{mark}" for told, mark in ((minutes, "'"), (seconds, '"')) if told is not None]
    if not minor or not found:
        return " ".join((degrees, *minor))
    is_sided = found["side"] or degrees.strip().startswith(MINUS)
    return " ".join((f"{found['degrees']}°", *minor)) + (UNSIDED if is_latitude and not is_sided else found["side"])
