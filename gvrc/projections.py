"""Metres of a map projection -> degrees, for the reference systems that files of Kenya come in.

Only where a file says which it is: without that, metres are no place. The inverse of the transverse Mercator projection
is the series of Snyder (Map Projections: A Working Manual, 1987, pages 63 and 64), good to centimetres in a zone.
"""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple


class Ellipsoid(NamedTuple):
    """The shape of the earth that a system takes, and where its centre lies from that of WGS 84 (metres)."""

    axis: float
    flattening: float
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)


class Zone(NamedTuple):
    """A zone of the universal transverse Mercator projection."""

    ellipsoid: Ellipsoid
    meridian: int
    false_northing: float


WGS84: Final = Ellipsoid(6378137.0, 1 / 298.257223563)
ARC1960: Final = Ellipsoid(6378249.145, 1 / 293.465, (-160.0, -6.0, -302.0))  # Clarke 1880; the survey of Kenya's
SOUTH: Final = 10_000_000.0
WEB_MERCATOR: Final = frozenset(("3857", "102100", "102113", "900913"))
ZONES: Final = {  # EPSG's number -> the zone; Kenya lies in 36 and 37, on both sides of the equator
    "32636": Zone(WGS84, 33, 0.0),
    "32637": Zone(WGS84, 39, 0.0),
    "32736": Zone(WGS84, 33, SOUTH),
    "32737": Zone(WGS84, 39, SOUTH),
    "21096": Zone(ARC1960, 33, 0.0),
    "21097": Zone(ARC1960, 39, 0.0),
    "21036": Zone(ARC1960, 33, SOUTH),
    "21037": Zone(ARC1960, 39, SOUTH),
}
SCALE: Final = 0.9996
FALSE_EASTING: Final = 500_000.0
ROUNDS: Final = 5
IN_METRES: Final = re.compile(rf"(?<!\d)(?:{'|'.join((*sorted(WEB_MERCATOR), *ZONES))})(?!\d)")


def projection_of(value: object) -> str | None:
    """Give the number of the projection that a reference system is; None for degrees and for what is not known.

    >>> (
    ...     projection_of({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32737"}}),
    ...     projection_of("EPSG:4326"),
    ... )
    ('32737', None)
    """
    if isinstance(value, dict):
        said = (value.get(key) for key in ("latestWkid", "wkid", "properties", "name", "code"))
        return next((known for inner in said if (known := projection_of(inner))), None)
    found = IN_METRES.search(str(value)) if isinstance(value, (str, int)) else None
    return found and found[0]


def to_degrees(projection: str, easting: float, northing: float) -> tuple[float, float] | None:
    """Give latitude and longitude on WGS 84 of a place in metres; None where it cannot be one.

    >>> [round(degree, 4) for degree in to_degrees("3857", 3870801.33, -9306.31)]
    [-0.0836, 34.772]
    """
    try:
        if projection in WEB_MERCATOR:
            latitude = 2 * math.atan(math.exp(northing / WGS84.axis)) - math.pi / 2
            return math.degrees(latitude), math.degrees(easting / WGS84.axis)
        zone = ZONES[projection]
        latitude, longitude = _off_zone(zone, easting, northing)
    except (ArithmeticError, KeyError, ValueError):
        return None
    moved = (latitude, longitude) if zone.ellipsoid is WGS84 else _to_wgs84(zone.ellipsoid, latitude, longitude)
    return math.degrees(moved[0]), math.degrees(moved[1])


def _off_zone(zone: Zone, easting: float, northing: float) -> tuple[float, float]:
    axis, flattening, _ = zone.ellipsoid
    e2 = flattening * (2 - flattening)
    prime = e2 / (1 - e2)
    e1 = (1 - math.sqrt(1 - e2)) / (1 + math.sqrt(1 - e2))
    mu = (northing - zone.false_northing) / SCALE / (axis * (1 - e2 / 4 - 3 * e2**2 / 64 - 5 * e2**3 / 256))
    foot = mu + (3 * e1 / 2 - 27 * e1**3 / 32) * math.sin(2 * mu) + (21 * e1**2 / 16) * math.sin(4 * mu)
    foot += (151 * e1**3 / 96) * math.sin(6 * mu)
    c, t = prime * math.cos(foot) ** 2, math.tan(foot) ** 2
    w = 1 - e2 * math.sin(foot) ** 2
    n, r = axis / math.sqrt(w), axis * (1 - e2) / w**1.5
    d = (easting - FALSE_EASTING) / (n * SCALE)
    fourth = (5 + 3 * t + 10 * c - 4 * c**2 - 9 * prime) * d**4 / 24
    sixth = (61 + 90 * t + 298 * c + 45 * t**2 - 252 * prime - 3 * c**2) * d**6 / 720
    latitude = foot - n * math.tan(foot) / r * (d**2 / 2 - fourth + sixth)
    fifth = (5 - 2 * c + 28 * t - 3 * c**2 + 8 * prime + 24 * t**2) * d**5 / 120
    along = (d - (1 + 2 * t + c) * d**3 / 6 + fifth) / math.cos(foot)
    return latitude, math.radians(zone.meridian) + along


def _to_wgs84(ellipsoid: Ellipsoid, latitude: float, longitude: float) -> tuple[float, float]:
    """Move a place between ellipsoids by way of the earth's centre; how high it lies changes nothing here."""
    e2 = ellipsoid.flattening * (2 - ellipsoid.flattening)
    n = ellipsoid.axis / math.sqrt(1 - e2 * math.sin(latitude) ** 2)
    x = n * math.cos(latitude) * math.cos(longitude) + ellipsoid.shift[0]
    y = n * math.cos(latitude) * math.sin(longitude) + ellipsoid.shift[1]
    z = n * (1 - e2) * math.sin(latitude) + ellipsoid.shift[2]
    flat, other = math.hypot(x, y), WGS84.flattening * (2 - WGS84.flattening)
    found = math.atan2(z, flat * (1 - other))
    for _ in range(ROUNDS):
        n = WGS84.axis / math.sqrt(1 - other * math.sin(found) ** 2)
        found = math.atan2(z + other * n * math.sin(found), flat)
    return found, math.atan2(y, x)
