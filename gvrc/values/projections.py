"""Metres of a map projection -> degrees, for the reference systems that files from Kenya use.

Only if a file says which one it uses: otherwise metres give no place.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from gvrc.lazy import lazy_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import Transformer

WEB_MERCATOR: Final = "3857"
SPELLINGS: Final = dict.fromkeys(("102100", "102113", "900913"), WEB_MERCATOR)  # other numbers for it
# Kenya lies in zones 36 and 37 of the universal transverse Mercator projection, on both sides of the equator: those of
# WGS 84, and of Arc 1960, which its survey uses.
ZONES: Final = ("32636", "32637", "32736", "32737", "21096", "21097", "21036", "21037")
NUMBER: Final = rf"(?<!\d)(?:{'|'.join((WEB_MERCATOR, *SPELLINGS, *ZONES))})(?!\d)"
# WGS 84 / UTM zone 37S, WGS_1984_UTM_Zone_37S, UTM 37S (WGS 84). Without the datum it may be 300 m elsewhere.
DATUM: Final = r"(?:wgs[\s_]*(?:19)?84|arc[\s_]*(?:19)?60)"
ZONE: Final = r"utm[\s_]*(?:zone)?[\s_-]*3[67][\s_]*(?:north|south|[ns])(?![a-z])"
NAME: Final = rf"(?i:{DATUM}[\s_/,;-]*{ZONE}|{ZONE}[\s_/,;(-]*{DATUM})"
IN_METRES: Final = lazy_pattern(rf"{NUMBER}|{NAME}")
PARTS: Final = lazy_pattern(r"(?i)(wgs|arc)|(3[67])[\s_]*([ns])")
NAMED: Final = dict(
    zip(("wgs36n", "wgs37n", "wgs36s", "wgs37s", "arc36n", "arc37n", "arc36s", "arc37s"), ZONES, strict=True)
)


def projection_of(value: object) -> str | None:
    """Give the EPSG number of a reference system's projection; None for degrees and for unknown ones.

    >>> (
    ...     projection_of({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32737"}}),
    ...     projection_of("EPSG:4326"),
    ... )
    ('32737', None)
    >>> projection_of("Arc 1960 / UTM zone 36S"), projection_of("UTM zone 37S")
    ('21036', None)
    """
    if isinstance(value, dict):
        said = (value.get(key) for key in ("latestWkid", "wkid", "properties", "name", "code"))
        return next((known for inner in said if (known := projection_of(inner))), None)
    found = IN_METRES.search(str(value)) if isinstance(value, (str, int)) else None
    if not found:
        return None
    return SPELLINGS.get(found[0], found[0]) if found[0].isdecimal() else _number_of(found[0])


def _number_of(name: str) -> str | None:
    """Give the EPSG number of a zone that is named with its datum, in either order."""
    datum, zone, side = ("".join(parts).lower() for parts in zip(*PARTS.findall(name), strict=True))
    return NAMED.get(f"{datum}{zone}{side}")


def to_degrees(
    projection: str, eastings: Sequence[float], northings: Sequence[float]
) -> tuple[Sequence[float], Sequence[float]]:
    """Give the latitudes and longitudes on WGS 84 of places in metres; infinite if it cannot be a place.

    >>> [round(degrees[0], 4) for degrees in to_degrees("3857", [3870801.33], [-9306.31])]
    [-0.0836, 34.772]
    """
    latitudes, longitudes = _transformer(projection).transform(eastings, northings)
    return latitudes, longitudes


@cache
def _transformer(projection: str) -> Transformer:
    from pyproj import Transformer  # only here: hardly any file is in metres

    return Transformer.from_crs(f"EPSG:{projection}", "EPSG:4326")
