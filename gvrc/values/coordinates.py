"""A record's coordinates: read from any form, put the right way round, or dropped with an issue.

Kenya lies between latitude -4.9 and 5.6 and longitude 33.8 and 42.0 (decimal degrees, WGS 84). The two ranges do not
overlap, so a pair is either inside, or inside when exchanged, or wrong; there is nothing to guess. (0, 0), equal and
not finite numbers are outside both ranges and need no rule of their own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

from gvrc.values.positions import read_degrees, read_pair
from gvrc.values.projections import projection_of, to_degrees
from gvrc.values.text import by_distinct, is_all_null, join_texts, masked

if TYPE_CHECKING:
    from collections.abc import Callable

LATITUDES = (-4.9, 5.6)
LONGITUDES = (33.8, 42.0)

# Two statements of one place that differ by more than this (degrees, about 1 km) contradict each other; a smaller
# difference is rounding.
CONFLICT_DEGREES = 0.01

_RAW_LENGTH = 200  # characters of a raw value that an issue keeps: a polygon may have megabytes

_NUMBER = r"-?[0-9]+\.?[0-9]*"
_POINT = rf'^\{{"type":"(?:Multi)?Point","coordinates":\[\[?(?<lng>{_NUMBER}),(?<lat>{_NUMBER})(?:,{_NUMBER})?\]\]?\}}$'
_HOLLOW = r'^[\[{](?:[\s,:\[\]{}]|"[A-Za-z_]*"\s*:|null|"")*[\]}]$'
_PAIR = pl.Struct({"lat": pl.Float64, "lng": pl.Float64})

# The three statements that a record may make, the most reliable first: GeoJSON's geometry, named columns, a bare pair.
_STATEMENTS = ("geometry", "named", "pair")


def add_coordinates(records: pl.DataFrame) -> pl.DataFrame:
    """Read ``geometry``, ``latitude`` with ``longitude``, and ``coordinates``; the first that lies in Kenya wins.

    Sets ``latitude`` and ``longitude`` (Float64, both or neither) and the issues ``coordinates_exchanged``,
    ``coordinates_dropped`` and ``coordinates_conflict`` with the raw values.
    """
    return (
        records.with_columns(_present("geometry"), _present("coordinates"))
        .with_columns(_read_statements())
        .pipe(_take_off_maps)
        .with_columns(_repair(statement) for statement in _STATEMENTS)
        .with_columns(
            pl.coalesce(f"{statement}.place" for statement in _STATEMENTS).alias("place"),
            _raw_where(_was_exchanged).alias("issue.coordinates_exchanged"),
            # A telephone number in a latitude is still a telephone number.
            masked(_raw_where(_was_dropped)).alias("issue.coordinates_dropped"),
        )
        .with_columns(
            pl.col("place").struct.field("lat").alias("latitude"),
            pl.col("place").struct.field("lng").alias("longitude"),
            _raw_where(_is_elsewhere).alias("issue.coordinates_conflict"),
        )
    )


def _present(column: str) -> pl.Expr:
    """Give null for a list or an object without contents: ``[]``, ``{"lat": null, "lng": ""}``."""
    return pl.when(~pl.col(column).str.contains(_HOLLOW)).then(pl.col(column)).alias(column)


def _read_statements() -> list[pl.Expr]:
    latitude, longitude = pl.col("latitude"), pl.col("longitude")
    named = pl.struct(lat=_read_degrees(latitude), lng=_read_degrees(longitude))
    stated = latitude.is_not_null() | longitude.is_not_null()
    return [
        _read_pairs(pl.col("geometry")).alias("geometry.read"),
        named.alias("named.read"),
        _read_pairs(pl.col("coordinates")).alias("pair.read"),
        pl.col("geometry").str.slice(0, _RAW_LENGTH).alias("geometry.raw"),
        pl.when(stated)
        .then(pl.concat_str(latitude.fill_null(""), longitude.fill_null(""), separator=", "))
        .alias("named.raw"),
        pl.col("coordinates").str.slice(0, _RAW_LENGTH).alias("pair.raw"),
    ]


def _take_off_maps(records: pl.DataFrame) -> pl.DataFrame:
    """Turn the metres of a map projection into degrees, if the record or its file says which projection it is."""
    if is_all_null(records["projection"]):
        return records
    records = records.with_columns(
        by_distinct(pl.col("projection"), lambda texts: map(projection_of, texts), pl.String)
    )
    for projection in records["projection"].drop_nulls().unique():
        # Not as an expression: in one of polars' own threads PROJ ends the process with a segmentation fault.
        degrees = {name: _in_degrees(projection, records[name]) for name in map("{}.read".format, _STATEMENTS)}
        records = records.with_columns(_off_map(name, projection, read) for name, read in degrees.items())
    return records


def _off_map(name: str, projection: str, degrees: pl.Series) -> pl.Expr:
    """Give pairs of metres as degrees; what may already be degrees stays: whoever wrote it knew better."""
    northing, easting = (pl.col(name).struct.field(axis) for axis in ("lat", "lng"))
    is_in_metres = pl.max_horizontal(northing.abs(), easting.abs()) > HALF_TURN
    is_whole = northing.is_not_null() & easting.is_not_null()
    is_meant = (pl.col("projection") == projection) & is_whole & is_in_metres
    return pl.when(is_meant).then(pl.lit(degrees)).otherwise(pl.col(name)).alias(name)


def _in_degrees(projection: str, pairs: pl.Series) -> pl.Series:
    metres = pairs.struct.unnest().fill_null(math.nan)
    latitudes, longitudes = to_degrees(projection, metres["lng"].to_list(), metres["lat"].to_list())
    degrees = pl.DataFrame({"lat": latitudes, "lng": longitudes}, schema=_PAIR.to_schema())
    return degrees.select(pl.when(pl.all_horizontal(pl.all().is_finite())).then(pl.struct(pl.all()))).to_series()


HALF_TURN = 180


def _repair(statement: str) -> pl.Expr:
    read = pl.col(f"{statement}.read").struct
    first, second = read.field("lat"), read.field("lng")
    return (
        pl.when(_in_kenya(first, second))
        .then(pl.struct(lat=first, lng=second))
        .when(_in_kenya(second, first))
        .then(pl.struct(lat=second, lng=first))
        .alias(f"{statement}.place")
    )


def _in_kenya(latitude: pl.Expr, longitude: pl.Expr) -> pl.Expr:
    return (latitude.is_between(*LATITUDES) & longitude.is_between(*LONGITUDES)).fill_null(value=False)


def _was_exchanged(statement: str) -> pl.Expr:
    read, place = pl.col(f"{statement}.read").struct, pl.col(f"{statement}.place").struct
    return read.field("lat").ne(place.field("lat"))


def _was_dropped(statement: str) -> pl.Expr:
    return pl.col(f"{statement}.raw").is_not_null() & pl.col(f"{statement}.place").struct.field("lat").is_null()


def _is_elsewhere(statement: str) -> pl.Expr:
    place, other = pl.col("place").struct, pl.col(f"{statement}.place").struct
    apart = pl.max_horizontal((other.field(axis) - place.field(axis)).abs() for axis in ("lat", "lng"))
    return apart > CONFLICT_DEGREES


def _raw_where(happened: Callable[[str], pl.Expr]) -> pl.Expr:
    found = [pl.when(happened(statement)).then(pl.col(f"{statement}.raw")) for statement in _STATEMENTS]
    return join_texts(found, " | ")


def _read_degrees(column: pl.Expr) -> pl.Expr:
    return column.map_batches(_degrees_of, return_dtype=pl.Float64, is_elementwise=True)


def _degrees_of(values: pl.Series) -> pl.Series:
    numbers = values.cast(pl.Float64, strict=False)
    odd = values.filter(values.is_not_null() & numbers.is_null()).unique()
    if odd.is_empty():
        return numbers
    found = pl.Series([read_degrees(text) for text in odd], dtype=pl.Float64)
    return numbers.fill_null(values.replace_strict(odd, found, default=None, return_dtype=pl.Float64))


def _read_pairs(column: pl.Expr) -> pl.Expr:
    return by_distinct(column, _pairs_of, _PAIR)


def _pairs_of(texts: pl.Series) -> pl.Series:
    """Read plain GeoJSON points all at once, and the rest one by one."""
    points = texts.str.extract_groups(_POINT).struct.unnest().cast(pl.Float64)
    odd = points["lat"].is_null()
    pairs = [read_pair(text) or (None, None) for text in texts.filter(odd)]
    read = pl.DataFrame(pairs, schema={"lat": pl.Float64, "lng": pl.Float64}, orient="row")
    return pl.select(points[axis].scatter(odd.arg_true(), read[axis]) for axis in ("lat", "lng")).to_struct()
