"""The reference that ships with the project: 47 counties, 290 constituencies and 1,450 wards with official numbers.

The tables are in ``data/``, each row with its source; ``python -m gvrc.geography.check`` checks them. In a managed
database its own wards are the ones that count; the names here still show which wards it lacks.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from gvrc.columns import REFERENCE

DATA = Path(__file__).parent / "data"


class ShippedTables(NamedTuple):
    """What a fresh database is filled with; every column is text, codes are official numbers without leading zeros."""

    counties: pl.DataFrame  # county_code, county_name
    constituencies: pl.DataFrame  # constituency_code, constituency_name, county_code
    wards: pl.DataFrame  # ward_code, ward_name, constituency_code


def read_shipped_tables() -> ShippedTables:
    """Read the three levels as shipped, without their ``source`` columns."""
    return ShippedTables(
        counties=read_table("counties").drop("source"),
        constituencies=read_table("constituencies").drop("source"),
        wards=read_table("wards").drop("source", "centroid_lat", "centroid_lng"),
    )


@cache
def read_shipped_reference() -> pl.DataFrame:
    """Read the shipped wards in the form of ``columns.REFERENCE``; the ids are the official numbers.

    Centroids (degrees) are given only for wards that share their name with another ward of their county: there they
    decide.
    """
    return (
        read_table("wards")
        .drop("source")
        .join(read_table("constituencies").drop("source"), on="constituency_code", validate="m:1")
        .join(read_table("counties").drop("source"), on="county_code", validate="m:1")
        .rename({"ward_code": "ward_id", "constituency_code": "constituency_id", "county_code": "county_id"})
        .select(pl.col(name).cast(dtype) for name, dtype in REFERENCE.items())
        .sort("ward_id")
    )


def read_table(name: str) -> pl.DataFrame:
    """Read one table of ``data/``, every column as text."""
    return pl.read_csv(DATA / f"{name}.csv", infer_schema=False)
