"""The place resolver: from the names that a record gives to the ward that it is in, or to none.

docs/places.md tells the method; ``decisions`` has the rules in their order, the modules beside it a family of rules
each. Here is what has to be remembered: the gazetteer, and the places that were already decided.
"""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

import msgspec
import polars as pl

from gvrc.columns import PLACE
from gvrc.errors import UsageError
from gvrc.geography.boundaries import Boundaries, read_features
from gvrc.geography.decisions import decide_places
from gvrc.geography.distances import add_distance, find_tied, settle_ties
from gvrc.geography.gazetteer import check_aliases
from gvrc.geography.labels import read_gazetteer
from gvrc.geography.reference import read_shipped_reference
from gvrc.geography.thresholds import Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from gvrc.geography.aliases import Aliases

VERSION = 2  # raise it when a rule changes: what a shared cache remembers is then decided anew
NAMES = ["county_name", "constituency_name", "sub_county_name", "ward_name"]
ANSWER: dict[str, pl.DataType | type[pl.DataType]] = {
    "ward_no": pl.Int64,
    "constituency_no": pl.Int64,
    "county_no": pl.Int64,
    "tied": pl.List(pl.Int64),
    "ward_match": pl.String,
    "ward_score": pl.Float64,
    "ward_candidates": pl.String,
    "is_mismatch": pl.Boolean,
    "contradicts": pl.Boolean,
}
DECIDED = pl.Schema({**dict.fromkeys(NAMES, pl.String), **ANSWER})
WARD_POINTS = pl.Schema({"ward_id": pl.Int64, "latitude": pl.Float64, "longitude": pl.Float64})


class PlaceCache(Protocol):
    """Remembers answers between runs and between machines; it may forget any of them at any time."""

    def get_many(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Give the answers that are remembered."""

    def set_many(self, answers: Mapping[str, str]) -> None:
        """Remember the answers."""


class PlaceResolver:
    """Finds wards by name within one reference, and remembers what it found for as long as it lives."""

    def __init__(  # noqa: PLR0913 - each is something different that is known about places
        self,
        reference: pl.DataFrame,
        aliases: Aliases,
        thresholds: Thresholds | None = None,
        boundaries: Path | None = None,
        *,
        ward_points: Callable[[], pl.DataFrame] | None = None,
        warns_by_points: bool = True,
        cache: PlaceCache | None = None,
    ) -> None:
        """Take the wards to match (columns.REFERENCE), other names of them, and what is known of their whereabouts.

        ``ward_points`` gives (ward_id, latitude, longitude) the medians of the facilities already known in a ward, in
        degrees; it is asked once they are needed. ``boundaries`` is a GeoJSON file of ward polygons. UsageError if an
        alias or the file does not fit.
        ``warns_by_points`` is false where the caller compares with a ward's facilities itself: far_from_ward is then
        measured from polygons and centroids only, which no import moves.
        """
        self._thresholds = thresholds or Thresholds()
        self._gazetteer = read_gazetteer(reference, aliases, self._thresholds)
        check_aliases(self._gazetteer)
        self._ward_points = ward_points or WARD_POINTS.to_frame
        self._warns_by_points = warns_by_points
        self._boundaries = None if boundaries is None else self._read_boundaries(boundaries)
        self._cache = cache
        self._decided = DECIDED.to_frame()
        self._answers_depend_on = reference, aliases

    @cached_property
    def fingerprint(self) -> str:
        """A text that changes whenever the same names might be answered differently."""
        reference, aliases = self._answers_depend_on
        frames = [reference, read_shipped_reference(), aliases.county, aliases.constituency, aliases.ward]
        parts = [
            str(VERSION),
            repr(self._thresholds),
            *(frame.drop("origin", strict=False).write_csv() for frame in frames),
        ]
        return sha256("\n".join(parts).encode()).hexdigest()

    def resolve(self, records: pl.DataFrame) -> pl.DataFrame:
        """Add the columns of ``columns.PLACE`` to the records; rows and their order stay.

        The records have county_name, constituency_name, ward_name, sub_county_name (text) and latitude, longitude
        (degrees, already repaired). The answer for a record depends on nothing but its own names and coordinates.
        """
        self._remember(records.select(NAMES).unique(maintain_order=True))
        return (
            records.join(self._decided, on=NAMES, how="left", nulls_equal=True, maintain_order="left", validate="m:1")
            .pipe(self._settle_ties)
            .pipe(self._add_ids)
            .pipe(self._add_issues)
            .select(*records.columns, *(pl.col(name).cast(dtype) for name, dtype in PLACE.items()))
        )

    def _remember(self, names: pl.DataFrame) -> None:
        """Decide the places that were not met before, or take them from the cache."""
        new = names.join(self._decided, on=NAMES, how="anti", nulls_equal=True, maintain_order="left")
        if new.is_empty():
            return
        cached = DECIDED.to_frame() if self._cache is None else self._read_cache(self._cache, new)
        decided = self._decide(new.join(cached, on=NAMES, how="anti", nulls_equal=True, maintain_order="left"))
        if self._cache is not None and not decided.is_empty():
            self._cache.set_many(dict(zip(self._cache_keys(decided), write_answers(decided), strict=True)))
        self._decided = pl.concat([self._decided, cached, decided])

    def _decide(self, names: pl.DataFrame) -> pl.DataFrame:
        """Decide each row of names (NAMES, each place once); gives DECIDED."""
        numbered = names.with_row_index("place_no").cast({"place_no": pl.Int64})
        own_constituency = self._gazetteer.wards.select("ward_no", own_no="constituency_no").drop_nulls("ward_no")
        stated = pl.when(pl.col("block").list.len() == 1, ~pl.col("is_elsewhere")).then(pl.col("block").list.first())
        return (
            decide_places(numbered, self._gazetteer, self._thresholds)
            .join(numbered, on="place_no", validate="1:1")
            .with_columns(one_ward=pl.coalesce("ward_no", pl.col("tied").list.first()))
            .join(own_constituency, left_on="one_ward", right_on="ward_no", how="left", validate="m:1")
            .with_columns(
                constituency_no=stated,
                county_no=pl.when(~pl.col("contradicts")).then("county_no"),
                is_mismatch=pl.col("is_exchanged") | (pl.col("says_where") & ~pl.col("own_no").is_in("block")),
            )
            .select(DECIDED.names())
        )

    def _settle_ties(self, records: pl.DataFrame) -> pl.DataFrame:
        """Settle what only coordinates can tell apart."""
        tied = find_tied(records)
        if tied.is_empty():
            return records
        return settle_ties(records, tied, self._points, self._boundaries, self._thresholds)

    def _add_ids(self, records: pl.DataFrame) -> pl.DataFrame:
        """Add the database's ids, the level that is sure, and what is known of a ward that it lacks."""
        wards = self._gazetteer.wards
        of_ward = wards.select("ward_no", "ward_id", "constituency_id", "county_id").drop_nulls("ward_no")
        of_constituency = wards.select("constituency_no", stated_id="constituency_id").unique("constituency_no")
        of_county = (
            wards.select("county_no", stated_county_id="county_id").drop_nulls().unique("county_no", keep="first")
        )
        return (
            records.join(of_ward, on="ward_no", how="left", validate="m:1", maintain_order="left")
            .join(of_constituency, on="constituency_no", how="left", validate="m:1", maintain_order="left")
            .join(of_county, on="county_no", how="left", validate="m:1", maintain_order="left")
            .with_columns(
                constituency_id=pl.when(pl.col("ward_id").is_null()).then("stated_id").otherwise("constituency_id"),
                county_id=pl.when(pl.col("ward_id").is_null()).then("stated_county_id").otherwise("county_id"),
            )
            .with_columns(
                place_level=pl.when(pl.col("ward_id").is_not_null())
                .then(pl.lit("ward"))
                .when(pl.col("constituency_id").is_not_null())
                .then(pl.lit("constituency"))
                .when(pl.col("county_id").is_not_null())
                .then(pl.lit("county"))
                .otherwise(pl.lit("none")),
                ward_match=pl.when(pl.col("ward_id").is_null()).then(pl.lit("none")).otherwise("ward_match"),
                ward_score=pl.when(pl.col("ward_id").is_null()).then(0.0).otherwise("ward_score"),
            )
        )

    def _add_issues(self, records: pl.DataFrame) -> pl.DataFrame:
        """Add the three issue columns; each holds the value that is in question."""
        is_placed = pl.col("ward_id").is_not_null()
        is_far = is_placed & (pl.col("distance_km") > self._thresholds.far_km)
        return records.pipe(add_distance, self._warning_points, self._boundaries).with_columns(
            pl.when(is_placed & pl.col("is_mismatch"))
            .then(pl.coalesce("constituency_name", "sub_county_name"))
            .alias("issue.constituency_mismatch"),
            pl.when("contradicts").then("county_name").alias("issue.county_contradiction"),
            pl.when(is_far)
            .then(
                pl.format("{}, {} is {} km away", "latitude", "longitude", pl.col("distance_km").round().cast(pl.Int64))
            )
            .alias("issue.far_from_ward"),
        )

    @cached_property
    def _points(self) -> pl.DataFrame:
        """The points of the wards, with those of their facilities."""
        return self._read_points(self._ward_points())

    @cached_property
    def _warning_points(self) -> pl.DataFrame:
        """The points that a warning is measured from."""
        return self._points if self._warns_by_points else self._read_points(WARD_POINTS.to_frame())

    def _read_points(self, ward_points: pl.DataFrame) -> pl.DataFrame:
        """Give each ward the one point that is known of it: its centroid, which stays, else its facilities' median."""
        return (
            self._gazetteer.wards.drop_nulls("ward_no")
            .join(ward_points, on="ward_id", how="left", validate="1:1")
            .select(
                "ward_no",
                point_lat=pl.coalesce("centroid_lat", "latitude"),
                point_lng=pl.coalesce("centroid_lng", "longitude"),
            )
            .drop_nulls()
        )

    def _read_boundaries(self, path: Path) -> Boundaries:
        """Read the polygons of the wards that the file names surely; UsageError if it names none."""
        names, polygons = read_features(path)
        places = names.with_columns(sub_county_name=pl.lit(None, pl.String)).with_row_index("feature_no")
        found = (
            self._decide(places.select(NAMES).unique()).join(places, on=NAMES, nulls_equal=True).drop_nulls("ward_no")
        )
        if found.is_empty():
            raise UsageError(
                f"{path}: no feature names a ward (properties ward, constituency, county); give another file"
            )
        return Boundaries({row["ward_no"]: polygons[row["feature_no"]] for row in found.iter_rows(named=True)})

    def _read_cache(self, cache: PlaceCache, names: pl.DataFrame) -> pl.DataFrame:
        """Give those of the names (DECIDED) that the cache remembers."""
        keys = self._cache_keys(names)
        remembered = cache.get_many(keys)
        return pl.DataFrame(
            [
                row | msgspec.json.decode(remembered[key])
                for key, row in zip(keys, names.iter_rows(named=True), strict=True)
                if key in remembered
            ],
            schema=DECIDED,
        )

    def _cache_keys(self, names: pl.DataFrame) -> list[str]:
        """Give each row of names its key, which holds for this reference and these rules only."""
        prefix = self.fingerprint[:16]
        return [
            f"{prefix}:{sha256(msgspec.json.encode(row)).hexdigest()[:32]}" for row in names.select(NAMES).iter_rows()
        ]


def write_answers(decided: pl.DataFrame) -> list[str]:
    """Write each answer as JSON text for the cache."""
    return [msgspec.json.encode(row).decode() for row in decided.select(*ANSWER).iter_rows(named=True)]
