"""Ward polygons from a GeoJSON file that the user gives: a second opinion on distances, never an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from gvrc.errors import RulesError

if TYPE_CHECKING:
    from pathlib import Path

# The length of a degree near the equator, in both directions; inside Kenya the error is below one per cent.
KM_PER_DEGREE = 111.2
NAME_PROPERTIES = {
    "county_name": ["county", "county_name"],
    "constituency_name": ["constituency", "constituency_name"],
    "ward_name": ["ward", "ward_name", "name"],
}


class Boundaries:
    """The polygons of the wards that the file names."""

    def __init__(self, polygons: dict[int, Any]) -> None:
        self._polygons = polygons

    def distances(self, places: pl.DataFrame) -> pl.Series:
        """Give the kilometres from each place (latitude, longitude) to its ward_no's polygon; null without either."""
        import shapely

        known = places.select("ward_no", "latitude", "longitude", row=pl.int_range(pl.len())).filter(
            pl.col("ward_no").is_in(list(self._polygons)),
            pl.all_horizontal(pl.col("latitude", "longitude").is_not_null()),
        )
        polygons = [self._polygons[ward_no] for ward_no in known["ward_no"]]
        degrees = shapely.distance(polygons, shapely.points(known["longitude"], known["latitude"]))
        found = known.select("row", distance_km=pl.Series(degrees, dtype=pl.Float64) * KM_PER_DEGREE)
        rows = places.select(row=pl.int_range(pl.len()))
        return rows.join(found, on="row", how="left", validate="1:1", maintain_order="left")["distance_km"]


def read_features(path: Path) -> tuple[pl.DataFrame, list[Any]]:
    """Read the names of the features (county_name, constituency_name, ward_name) and their geometries."""
    import shapely

    try:
        features = msgspec.json.decode(path.read_bytes())["features"]
        named = [feature for feature in features if feature["geometry"]]
        names = [
            {name: first_text(feature["properties"], keys) for name, keys in NAME_PROPERTIES.items()}
            for feature in named
        ]
        geometries = shapely.from_geojson([msgspec.json.encode(feature["geometry"]) for feature in named])
    except OSError as error:
        raise RulesError(f"{path}: cannot be read ({error.strerror}); check the option --boundaries") from None
    except (msgspec.DecodeError, RecursionError, KeyError, TypeError, shapely.errors.GEOSException) as error:
        raise RulesError(f"{path}: is not a GeoJSON collection of ward polygons ({error}); give another file") from None
    return pl.DataFrame(names, schema=dict.fromkeys(NAME_PROPERTIES, pl.String)), list(geometries)


def first_text(properties: dict[str, Any], keys: list[str]) -> str | None:
    """Give the first of the properties that is a text."""
    return next((properties[key] for key in keys if isinstance(properties.get(key), str)), None)
