"""One point for a GeoJSON geometry: the area centroid of polygons, the mean of points otherwise.

A geometry that is larger than any facility gives none: its middle, say between two towns, is a place nobody stated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Position = tuple[float, float]  # (longitude, latitude), as GeoJSON has it

WIDEST = 0.05  # degrees, about 5 km; a barracks with all its grounds is half as wide
GEOMETRY_TYPES: Final = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)


def read_geometry(kind: str, positions: Sequence[Any]) -> tuple[float, float] | None:
    """Give (latitude, longitude) of a geometry, or None if it is no facility's or not what its type says.

    A facility's polygon is a few hundred metres wide, so computing on a plane is accurate enough.
    """
    try:
        centre = _centre(kind, positions) if _width(list(_points(positions))) <= WIDEST else None
    except (TypeError, ValueError, LookupError, ArithmeticError):
        return None
    return centre and (centre[1], centre[0])


def _width(points: list[Position]) -> float:
    longitudes, latitudes = ([point[axis] for point in points] for axis in (0, 1))
    return max(max(longitudes) - min(longitudes), max(latitudes) - min(latitudes))


def _centre(kind: str, positions: Sequence[Any]) -> Position | None:
    match kind:
        case "Polygon":
            return _centroid(_oriented(positions)) or _mean(_points(positions))
        case "MultiPolygon":
            rings = [ring for polygon in positions for ring in _oriented(polygon)]
            return _centroid(rings) or _mean(_points(positions))
        case "Point" | "MultiPoint" | "LineString" | "MultiLineString":
            return _mean(_points(positions))
    return None


def _points(positions: Sequence[Any]) -> Iterator[Position]:
    """Give every position at any depth; a number that is text or missing raises."""
    if isinstance(positions[0], list):
        for within in positions:
            yield from _points(within)
    else:
        yield _number(positions[0]), _number(positions[1])


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(value)
    return float(value)


def _mean(points: Iterator[Position]) -> Position | None:
    distinct = list(dict.fromkeys(points))  # a ring's last point repeats its first
    return sum(x for x, _ in distinct) / len(distinct), sum(y for _, y in distinct) / len(distinct)


def _oriented(rings: Sequence[Any]) -> list[list[Position]]:
    """Give the outer ring counter-clockwise and the holes clockwise, so that signed areas add up."""
    found = [list(_points(ring)) for ring in rings]
    return [ring if (_moments(ring)[0] >= 0) == (number == 0) else ring[::-1] for number, ring in enumerate(found)]


def _centroid(rings: Sequence[Sequence[Position]]) -> Position | None:
    """Give the area centroid; None for rings without area, such as a line drawn there and back."""
    if not rings:
        return None
    # Relative to the first point: areas of 1e-8 at coordinates such as 36.8 would lose all their digits.
    x0, y0 = rings[0][0]
    area, x, y = (sum(parts) for parts in zip(*(_moments(ring, x0, y0) for ring in rings), strict=True))
    return (x0 + x / (3 * area), y0 + y / (3 * area)) if abs(area) > 1e-18 else None  # noqa: PLR2004


def _moments(ring: Sequence[Position], x0: float = 0.0, y0: float = 0.0) -> tuple[float, float, float]:
    """Give twice the signed area and the two first moments times six (the shoelace sums)."""
    moved = [(x - x0, y - y0) for x, y in ring]
    area = along_x = along_y = 0.0
    for (x, y), (next_x, next_y) in zip(moved, [*moved[1:], moved[0]], strict=True):
        cross = x * next_y - next_x * y
        area, along_x, along_y = area + cross, along_x + (x + next_x) * cross, along_y + (y + next_y) * cross
    return area, along_x, along_y


def is_geometry(value: object) -> bool:
    """Say whether an object is a GeoJSON geometry that has coordinates."""
    if not isinstance(value, dict) or not isinstance(value.get("type"), str) or value["type"] not in GEOMETRY_TYPES:
        return False
    return bool(value.get("coordinates") or value.get("geometries"))
