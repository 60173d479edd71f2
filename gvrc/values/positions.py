# ruff: noqa: RUF001 - the marks of minutes and seconds come in every look-alike
"""One place, read from whatever a source wrote for it: an angle, a pair of angles, GeoJSON."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import msgspec

from gvrc.lazy import lazy_pattern
from gvrc.values.geometry import read_geometry
from gvrc.values.text import clean_value

if TYPE_CHECKING:
    from collections.abc import Sequence

Point = tuple[float, float]  # (latitude, longitude) as stated, possibly exchanged

MINUS = ("-", "\u2010", "\u2011", "\u2013", "\u2212")  # hyphens and dashes that a text processor writes for it
SIXTY = 60  # minutes in a degree, seconds in a minute

# Since Python 3.12 msgspec opens what is nested up to 10,000 deep; the threads of polars have no stack for that, and
# the process died of it (SIGSEGV). No place is nested so: beginnings in a row, no end between them.
_DEEP = lazy_pattern(r"[\[{](?:[^\[\]{}]*+[\[{]){99}")

_SIDES = {
    **dict.fromkeys(("N", "NORTH", "KASKAZINI"), "N"),
    **dict.fromkeys(("S", "SOUTH", "KUSINI"), "S"),
    **dict.fromkeys(("E", "EAST", "MASHARIKI"), "E"),
    **dict.fromkeys(("W", "WEST", "MAGHARIBI"), "W"),
}
_SIDE = "|".join(_SIDES)
# Possessive (++): a number is read whole. Split, 117' would be 11 degrees and 7 minutes; 400 digits took six seconds.
_NUMBER = r"\d++(?:[.,]\d++)?+"
_DEGREES = lazy_pattern(
    rf"""(?:lat(?:itude)?|lon(?:g(?:itude)?)?|lng|[xy])?\s*+[:=]?\s*+
    (?P<before>{_SIDE})?\s*+
    (?P<sign>[+\u2010\u2011\u2013\u2212-]?)\s*+(?P<degrees>{_NUMBER})\s*+(?:°|º|˚|deg(?:rees?)?|d|:(?=\s*\d))?\s*+
    (?:(?P<minutes>{_NUMBER})\s*+(?:['′’`´]|min(?:utes?)?|m|:(?=\s*\d))?\s*+
    (?:(?P<seconds>{_NUMBER})\s*+(?:["″”]|''|′′|’’|sec(?:onds?)?|s(?=\s*[NSEW]))?)?)?\s*+
    (?P<after>{_SIDE})?""",
    re.IGNORECASE | re.VERBOSE,
)
_NAMES = (("latitude", "longitude"), ("lat", "long"), ("lat", "lng"), ("lat", "lon"), ("y", "x"))
# Before the comma: "-1,28 36,82" has two decimal commas. For more than two parts (altitude, accuracy) see _first_two.
_SEPARATORS = (
    r"(?<=[NSEWnsew])[\s,;]+",
    r"(?<![\s,;])[\s,;]+(?=[NSEWnsew]\s*\d)",
    r"(?<![\s,;])[\s,;]+(?=(?i:lat|lon|lng)[a-z]*\s*[:=]?\s*[^a-z])",
    r"\s*[;|]\s*",
    r"\s+/\s+",
    r",\s+",
    r"\s+",
    r",",
)
_WRAPPING = lazy_pattern(r"^(?:SRID=4326;)?\s*(?:POINT\s*Z?)?\s*[\[({]?\s*|\s*[\])}]?$", re.IGNORECASE)
_WKT = lazy_pattern(r"(?:SRID=\d+;)?\s*POINT(?:\s*Z)?\b", re.IGNORECASE)

_DECIMAL = r"\d++(?:\.\d++)?+"
# The pin in a link to a map, or a geo URI. After an @ comes the middle of the map, which is no pin.
_PIN = lazy_pattern(
    rf"""(?:geo:|https?://[^\s?]*\?(?:\S*?&)?(?:q|query|daddr|destination)=(?:loc:)?)
    (?P<first>[+-]?{_DECIMAL})(?:,|%2C)(?:\s|\+|%20)?(?P<second>[+-]?{_DECIMAL})
    (?:[&#;,?]\S*)?""",
    re.IGNORECASE | re.VERBOSE,
)


def read_degrees(text: str) -> float | None:
    """Read one angle: ``36.8 E``, ``1°17'S``, ``36,82``, ``S 1 17 30``, ``1:17:30 S``, ``1d17m30s S``.

    South and west are negative. A contradiction is not read: "-0.5 N" may be either.

    >>> read_degrees("36.8 E"), read_degrees("1°30'S"), read_degrees("36,82"), read_degrees("near 36.8")
    (36.8, -1.5, 36.82, None)
    """
    found = _DEGREES.fullmatch(text.strip())
    if not found:
        return None
    degrees, minutes, seconds = (
        float((found[part] or "0").replace(",", ".")) for part in ("degrees", "minutes", "seconds")
    )
    whole = (degrees.is_integer() or not found["minutes"]) and (minutes.is_integer() or not found["seconds"])
    sides = {_SIDES[side.upper()] for side in (found["before"], found["after"]) if side}
    contradicts = len(sides) > 1 or (found["sign"] in MINUS and bool(sides & {"N", "E"}))
    if not whole or max(minutes, seconds) >= SIXTY or contradicts:  # "-1.28 36.8" is a pair, not an angle
        return None
    negative = found["sign"] in MINUS or bool(sides & {"S", "W"})
    return math.copysign(degrees + minutes / SIXTY + seconds / SIXTY**2, -1 if negative else 1)


def read_pair(text: str) -> Point | None:
    """Read ``-1.28, 36.8``, ``[-1.28, 36.8]``, ``{"lat": .., "lng": ..}``, ``POINT (36.8 -1.28)`` or GeoJSON.

    A pair comes back in the order that its form prescribes (GeoJSON: longitude first), which sources may not follow.
    """
    if _DEEP.search(text):
        return _pair_of_text(text)
    try:
        value = msgspec.json.decode(text)
        return _pair_of_value(_without_types(value) if _TYPED in text else value)
    except (msgspec.DecodeError, RecursionError):
        return _pair_of_text(text)


def _without_types(value: object) -> object:
    """Unwrap the numbers that MongoDB's export writes as objects that name their type."""
    match value:
        case {"$numberDouble": number} | {"$numberInt": number} | {"$numberLong": number} | {"$numberDecimal": number}:
            return _number(str(number))
        case dict():
            return {key: _without_types(inner) for key, inner in value.items()}
        case list():
            return [_without_types(inner) for inner in value]
    return value


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_TYPED = '"$number'


def _pair_of_value(value: object) -> Point | None:  # noqa: PLR0911 - one return a form
    match value:
        case str():
            return _pair_of_text(value)
        case {"type": "Feature", "geometry": within} | {"geometry": within} | {"location": within}:
            return _pair_of_value(within)
        case {"type": str(kind), "coordinates": list(positions)}:
            return read_geometry(kind, positions)
        case {"coordinates": within}:
            return _pair_of_value(within)
        case dict():
            return _pair_of_names({key.casefold(): item for key, item in value.items()})
        case [list() | dict() as only]:
            return _pair_of_value(only)
        case list():
            return _first_two([str(part) for part in value])
    return None


def _pair_of_names(named: dict[str, object]) -> Point | None:
    """Take the first two names that belong together; else the only two that there are."""
    stated = {name: str(value) for name, value in named.items() if value not in (None, "")}
    latitudes, longitudes = (stated.keys() & set(names) for names in zip(*_NAMES, strict=True))
    only_two = [(*latitudes, *longitudes)] if len(latitudes) == len(longitudes) == 1 else []
    whole = [pair for pair in (*_NAMES, *only_two) if stated.keys() >= set(pair)]
    return _first_two([stated[name] for name in whole[0]]) if whole else None


def read_plus_code(text: str) -> Point | None:
    """Read a full open location code as the middle of its field, which is 14 m wide, or 275 m if the end is missing.

    A short code (``MQPQ+8V Nairobi``) is relative to a place that it does not contain: nothing is read.

    >>> [round(degrees, 4) for degrees in read_plus_code("8FVC9G8F+6X")], read_plus_code("9G8F+6X Zurich")
    ([47.3656, 8.5249], None)
    """
    found = PLUS_CODE.search(text.upper())
    if not found or len(found["before"]) < WHOLE:
        return None
    digits = [PLUS_DIGITS.index(digit) for digit in found["before"] + (found["after"] or "")]
    latitude, longitude, height, width = -90.0, -180.0, 20.0, 20.0  # the field of the first two digits
    for at in range(0, min(len(digits), PAIRED), 2):
        latitude, longitude = latitude + digits[at] * height, longitude + digits[at + 1] * width
        height, width = height / 20, width / 20
    height, width = height * 20, width * 20
    for digit in digits[PAIRED:]:  # each divides the field into five rows of four
        height, width = height / 5, width / 4
        latitude, longitude = latitude + digit // 4 * height, longitude + digit % 4 * width
    return latitude + height / 2, longitude + width / 2


PLUS_DIGITS = "23456789CFGHJMPQRVWX"
PLUS_CODE = lazy_pattern(
    rf"(?i)(?<![^\W_])(?P<before>[{PLUS_DIGITS}]{{4,8}})\+(?P<after>[{PLUS_DIGITS}]{{2,5}})?(?![^\W_])"
)
WHOLE, PAIRED = 8, 10  # digits before the plus; those that come in pairs


def _pair_of_text(text: str) -> Point | None:
    cleaned = clean_value(text) or ""
    if pin := _PIN.fullmatch(cleaned):
        return _first_two([pin["first"], pin["second"]])
    if "+" in cleaned and (place := read_plus_code(cleaned)):
        return place
    plain = _WRAPPING.sub("", cleaned)
    found = (_first_two(re.split(separator, plain)) for separator in _SEPARATORS)
    pair = next((pair for pair in found if pair), None)
    return (pair[1], pair[0]) if pair and _WKT.match(cleaned) else pair  # WKT has the longitude first


def _first_two(parts: Sequence[str]) -> Point | None:
    """Read two parts, or the first two of up to four: GPS tools add altitude and accuracy.

    If there are more than two and the first are whole numbers, these are more likely degrees and minutes, or decimals
    that were cut: nothing is read.
    """
    angles = [angle for part in parts if (angle := read_degrees(part)) is not None]
    if len(angles) != len(parts) or not 2 <= len(parts) <= 4:  # noqa: PLR2004 - said above
        return None
    first, second, *more = angles
    return None if more and (first.is_integer() or second.is_integer()) else (first, second)
