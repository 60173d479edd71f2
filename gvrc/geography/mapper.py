"""The founding guide's mapper of one facility: a face of the resolver."""

from __future__ import annotations

from typing import Any

import polars as pl

from gvrc.geography.aliases import read_aliases
from gvrc.geography.reference import read_shipped_reference
from gvrc.geography.resolver import PlaceResolver

GIVEN = pl.Schema(
    {
        "county_name": pl.String,
        "constituency_name": pl.String,
        "ward_name": pl.String,
        "sub_county_name": pl.String,
        "latitude": pl.Float64,
        "longitude": pl.Float64,
    }
)


class GeographicMapper:
    """Maps one facility at a time; for a batch, ``PlaceResolver.resolve`` takes all at once."""

    def __init__(self, resolver: PlaceResolver | None = None) -> None:
        """Take a resolver, or the shipped reference with the shipped aliases."""
        self._resolver = resolver or PlaceResolver(read_shipped_reference(), read_aliases())

    def map_location(self, facility: dict[str, Any]) -> dict[str, Any]:
        """Give the facility with the columns of ``columns.PLACE`` added; its place is read like that of any record."""
        from gvrc.extract import read_record
        from gvrc.normalise import normalise

        given = normalise(read_record(facility)).select(GIVEN.names())
        place = self._resolver.resolve(given).drop(GIVEN.names()).row(0, named=True)
        return facility | place
