"""How far a facility is from a ward: to break ties between wards of one name, and to warn.

Coordinates never place a facility by themselves: two careful sets of ward polygons disagree about one facility in
ten, and half of the coordinates in the sources are guesses.
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
    """Fill ward_no, where wards are tied, with the one that the facility is near to, if it is far from the others."""
    winners = (
        tied.explode("ward_no")
        .pipe(add_distance, points, boundaries, reach_km=thresholds.point_reach_km)
        .sort("row_no", "distance_km", nulls_last=True)
        .group_by("row_no", maintain_order=True)
        .agg(
            settled_no=pl.col("ward_no").first(),
            nearest=pl.col("distance_km").first(),
            second=pl.col("distance_km").slice(1, 1).first(),
            is_known=pl.col("distance_km").is_not_null().all(),
        )
        .filter("is_known", pl.col("nearest") <= thresholds.near_km)
        .filter(pl.col("second") - pl.col("nearest") >= thresholds.farther_km)
    )
    is_settled = pl.col("settled_no").is_not_null()
    return (
        records.with_row_index("row_no")
        .join(winners.select("row_no", "settled_no"), on="row_no", how="left", validate="1:1", maintain_order="left")
        .with_columns(
            ward_no=pl.coalesce("settled_no", "ward_no"),
            ward_match=pl.when(is_settled).then(pl.lit("coordinates")).otherwise("ward_match"),
            ward_score=pl.when(is_settled).then(1.0).otherwise("ward_score"),
        )
        .drop("row_no", "settled_no")
    )


def add_distance(
    places: pl.DataFrame, points: pl.DataFrame, boundaries: Boundaries | None, reach_km: float = 0.0
) -> pl.DataFrame:
    """Add distance_km from latitude and longitude to ward_no: to its polygon, else to what its one point reaches."""
    return places.join(points, on="ward_no", how="left", validate="m:1", maintain_order="left").pipe(
        measure_distance, boundaries, reach_km
    )


def measure_distance(places: pl.DataFrame, boundaries: Boundaries | None, reach_km: float = 0.0) -> pl.DataFrame:
    """Do the same where point_lat and point_lng are there already; they are dropped."""
    to_point = pl.max_horizontal(distance_km("latitude", "longitude", "point_lat", "point_lng") - reach_km, 0.0)
    measured = places.with_columns(distance_km=to_point)
    if boundaries is not None:
        measured = measured.with_columns(distance_km=pl.coalesce(boundaries.distances(measured), "distance_km"))
    return measured.drop("point_lat", "point_lng")


def distance_km(latitude: str, longitude: str, other_latitude: str, other_longitude: str) -> pl.Expr:
    """Kilometres between two points in degrees, along the great circle."""
    lat, lng, other_lat, other_lng = (
        pl.col(column).radians() for column in (latitude, longitude, other_latitude, other_longitude)
    )
    haversine = ((lat - other_lat) / 2).sin().pow(2) + lat.cos() * other_lat.cos() * ((lng - other_lng) / 2).sin().pow(
        2
    )
    return 2 * EARTH_RADIUS_KM * haversine.clip(0, 1).sqrt().arcsin()
