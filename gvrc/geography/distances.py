"""How far a facility is from a ward: to decide between wards of one name, and to warn.

Coordinates alone never place a facility: two careful sets of ward polygons disagree about one facility in ten, and
half of the coordinates in the sources are guesses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from gvrc.geography.boundaries import Boundaries
    from gvrc.geography.thresholds import Thresholds

EARTH_RADIUS_KM = 6371.0


def find_tied(records: pl.DataFrame) -> pl.DataFrame:
    """List the records with tied wards and with coordinates: row_no, latitude, longitude, ward_no (a list)."""
    return (
        records.with_row_index("row_no")
        .filter(pl.col("tied").list.len() > 1, pl.col("latitude").is_not_null(), pl.col("longitude").is_not_null())
        .select("row_no", "latitude", "longitude", ward_no="tied")
    )


def settle_ties(
    records: pl.DataFrame,
    tied: pl.DataFrame,
    points: pl.DataFrame,
    boundaries: Boundaries | None,
    thresholds: Thresholds,
) -> pl.DataFrame:
    """Fill ward_no of tied wards with the one that the facility is near, if it is far from the others."""
    measured = tied.explode("ward_no").pipe(add_distance, points, boundaries, reach_km=thresholds.point_reach_km)
    winners = find_winners(measured, thresholds)
    is_settled = pl.col("settled_no").is_not_null()
    return (
        records.with_row_index("row_no")
        .join(winners, on="row_no", how="left", validate="1:1", maintain_order="left")
        .with_columns(
            ward_no=pl.coalesce("settled_no", "ward_no"),
            ward_match=pl.when(is_settled).then(pl.lit("coordinates")).otherwise("ward_match"),
            ward_score=pl.when(is_settled).then(1.0).otherwise("ward_score"),
        )
        .drop("row_no", "settled_no")
    )


def find_winners(measured: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    """Give row_no and settled_no if the nearest of the wards (row_no, ward_no, distance_km) is clearly meant."""
    return (
        measured.sort("row_no", "distance_km", nulls_last=True)
        .group_by("row_no", maintain_order=True)
        .agg(
            settled_no=pl.col("ward_no").first(),
            nearest=pl.col("distance_km").first(),
            second=pl.col("distance_km").slice(1, 1).first(),
            is_known=pl.col("distance_km").is_not_null().all(),
        )
        .filter("is_known", pl.col("nearest") <= thresholds.near_km)
        .filter(pl.col("second") - pl.col("nearest") >= thresholds.farther_km)
        .select("row_no", "settled_no")
    )


def add_distance(
    places: pl.DataFrame, points: pl.DataFrame, boundaries: Boundaries | None, reach_km: float = 0.0
) -> pl.DataFrame:
    """Add distance_km from latitude and longitude to ward_no: to its polygon, else to the reach of its one point."""
    return places.join(points, on="ward_no", how="left", validate="m:1", maintain_order="left").pipe(
        measure_distance, boundaries, reach_km
    )


def measure_distance(places: pl.DataFrame, boundaries: Boundaries | None, reach_km: float = 0.0) -> pl.DataFrame:
    """Add distance_km where the ward's one point (point_lat, point_lng) is already there; the point is dropped."""
    to_point = pl.max_horizontal(distance_km() - reach_km, 0.0)
    measured = places.with_columns(distance_km=to_point)
    if boundaries is not None:
        measured = measured.with_columns(distance_km=pl.coalesce(boundaries.distances(measured), "distance_km"))
    return measured.drop("point_lat", "point_lng")


def distance_km() -> pl.Expr:
    """Give the kilometres from a place to a point, both in degrees, along the great circle."""
    lat, lng, point_lat, point_lng = (
        pl.col(column).radians() for column in ("latitude", "longitude", "point_lat", "point_lng")
    )
    north, east = (lat - point_lat) / 2, (lng - point_lng) / 2
    haversine = north.sin().pow(2) + lat.cos() * point_lat.cos() * east.sin().pow(2)
    return 2 * EARTH_RADIUS_KM * haversine.clip(0, 1).sqrt().arcsin()
