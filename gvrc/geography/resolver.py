"""The place resolver: from the names that a record gives to the ward that it is in, or to none.

docs/places.md explains the method. ``decisions`` has the rules in order, each module beside it a family of rules. This
module has what must be remembered: the gazetteer, and the places that were already decided.
"""

from __future__ import annotations

from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec
import polars as pl

from gvrc.cache import fingerprint
from gvrc.columns import PLACE
from gvrc.errors import RulesError
from gvrc.geography.boundaries import Boundaries, read_features
from gvrc.geography.decisions import decide_places
from gvrc.geography.distances import add_distance, find_tied, measure_distance, settle_ties
from gvrc.geography.gazetteer import Gazetteer, check_aliases
from gvrc.geography.labels import read_gazetteer
from gvrc.geography.thresholds import Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gvrc.geography.aliases import Aliases

FOLDER = Path(__file__).parent
NAMES = ["county_name", "constituency_name", "sub_county_name", "ward_name"]
OF_WARD: dict[str, pl.DataType | type[pl.DataType]] = {
    "ward_id": pl.Int64,
    "constituency_id": pl.Int64,
    "county_id": pl.Int64,
    "centroid_lat": pl.Float64,
    "centroid_lng": pl.Float64,
}
ANSWER: dict[str, pl.DataType | type[pl.DataType]] = {
    "ward_no": pl.Int64,
    "tied": pl.List(pl.Int64),  # the wards of one name that only coordinates tell apart
    "ward_match": pl.String,
    "ward_score": pl.Float64,
    "ward_candidates": pl.String,
    "is_mismatch": pl.Boolean,
    "contradicts": pl.Boolean,
    **OF_WARD,  # as the database has it; for a place without a ward, the constituency and county that are sure
}
DECIDED = pl.Schema({**dict.fromkeys(NAMES, pl.String), **ANSWER})
# The gazetteer that was made last, by fingerprint. Who imports again in the same process (``--watch``, a list that the
# guide's classes load batch by batch) has the same wards, and to make it takes as long as transforming a small file.
KEPT: dict[str, Gazetteer] = {}
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
        decided: Callable[[str], pl.DataFrame] | None = None,
    ) -> None:
        """Take the wards to match (columns.REFERENCE), other names of them, and what is known of where they are.

        ``ward_points`` gives (ward_id, latitude, longitude) in degrees, the medians of the facilities already known in
        a ward; it is called once they are needed. ``boundaries`` is a GeoJSON file of ward polygons. RulesError if an
        alias or the file does not fit.
        ``warns_by_points`` is false if the caller compares with a ward's facilities itself: far_from_ward is then
        measured from polygons and centroids only, which no import moves.
        ``decided`` gives the places (DECIDED) that resolvers of a ``fingerprint`` decided before: if a record asks for
        nothing else, no gazetteer is made.
        """
        self._thresholds = thresholds or Thresholds()
        self._reference, self._aliases = reference, aliases
        self._ward_points = ward_points or WARD_POINTS.to_frame
        self._warns_by_points = warns_by_points
        self._boundaries = None if boundaries is None else self._read_boundaries(boundaries)
        self._cache = cache
        self._decided = DECIDED.to_frame() if decided is None else decided(self.fingerprint)
        self.decided_before = self._decided.height
        if self._decided.is_empty():
            self._gazetteer  # noqa: B018 - an alias that does not fit is reported before a record is read

    @cached_property
    def _gazetteer(self) -> Gazetteer:
        """Give the places with which names are compared; that of the last resolver, if its fingerprint is the same."""
        kept = KEPT.get(self.fingerprint)
        if kept is not None:
            return kept
        gazetteer = read_gazetteer(self._reference, self._aliases, self._thresholds)
        check_aliases(gazetteer)
        KEPT.clear()
        KEPT[self.fingerprint] = gazetteer
        return gazetteer

    @cached_property
    def fingerprint(self) -> str:
        """Give a text that changes whenever the same names might get another answer."""
        return fingerprint_places(self._reference, self._aliases, self._thresholds)

    @property
    def newly_decided(self) -> pl.DataFrame:
        """Give the places (DECIDED) that were not among those given to it."""
        return self._decided.slice(self.decided_before)

    def resolve(self, records: pl.DataFrame) -> pl.DataFrame:
        """Add the columns of ``columns.PLACE`` to the records; rows and their order stay.

        The records have county_name, constituency_name, ward_name, sub_county_name (text) and latitude, longitude
        (degrees, already repaired). The answer for a record depends on nothing but its own names and coordinates.
        """
        self._remember(records.select(NAMES).unique(maintain_order=True))
        return (
            records.join(self._decided, on=NAMES, how="left", nulls_equal=True, maintain_order="left", validate="m:1")
            .pipe(self._settle_ties)
            .with_columns(place_level=name_level())
            .pipe(self._add_issues)
            .select(*records.columns, *(pl.col(name).cast(dtype) for name, dtype in PLACE.items()))
        )

    def _remember(self, names: pl.DataFrame) -> None:
        """Decide the places that were not met before, or take them from the cache."""
        new = names.join(self._decided, on=NAMES, how="anti", nulls_equal=True, maintain_order="left")
        if new.is_empty():
            return
        cached = DECIDED.to_frame() if self._cache is None else self._read_cache(self._cache, new)
        self._decided = pl.concat([self._decided, cached])
        left = new.join(cached, on=NAMES, how="anti", nulls_equal=True, maintain_order="left")
        if left.is_empty():
            return
        decided = self._decide(left)
        if self._cache is not None:
            self._cache.set_many(dict(zip(self._cache_keys(decided), write_answers(decided), strict=True)))
        self._decided = pl.concat([self._decided, decided])

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
            .pipe(self._add_stated_ids)
            .pipe(self._add_ward)
            .select(DECIDED.names())
        )

    def _add_stated_ids(self, places: pl.DataFrame) -> pl.DataFrame:
        """Add the database's ids of the constituency and the county that a place states."""
        wards = self._gazetteer.wards
        of_constituency = wards.select("constituency_no", "constituency_id").unique("constituency_no")
        of_county = wards.select("county_no", "county_id").drop_nulls().unique("county_no", keep="first")
        return places.join(
            of_constituency, on="constituency_no", how="left", validate="m:1", maintain_order="left"
        ).join(of_county, on="county_no", how="left", validate="m:1", maintain_order="left")

    def _add_ward(self, places: pl.DataFrame) -> pl.DataFrame:
        """Add what the database has of a ward (OF_WARD); without one, or if it lacks the ward, what is stated stays."""
        of_ward = self._gazetteer.wards.select("ward_no", *OF_WARD).drop_nulls("ward_no")
        has_ward = pl.col("ward_id").is_not_null()
        return (
            places.drop("ward_id", "centroid_lat", "centroid_lng", strict=False)
            .join(of_ward, on="ward_no", how="left", validate="m:1", maintain_order="left", suffix="_of_ward")
            .with_columns(
                pl.when(has_ward).then(f"{name}_of_ward").otherwise(name).alias(name)
                for name in ("constituency_id", "county_id")
            )
            .with_columns(
                ward_match=pl.when(has_ward).then("ward_match").otherwise(pl.lit("none")),
                ward_score=pl.when(has_ward).then("ward_score").otherwise(0.0),
            )
            .drop("constituency_id_of_ward", "county_id_of_ward")
        )

    def _settle_ties(self, records: pl.DataFrame) -> pl.DataFrame:
        """Settle those that only coordinates can distinguish."""
        tied = find_tied(records)
        if tied.is_empty():
            return records
        return settle_ties(records, tied, self._points, self._boundaries, self._thresholds).pipe(self._add_ward)

    def _add_issues(self, records: pl.DataFrame) -> pl.DataFrame:
        """Add the three issue columns; each has the value in question."""
        is_placed = pl.col("ward_id").is_not_null()
        is_far = is_placed & (pl.col("distance_km") > self._thresholds.far_km)
        return records.pipe(self._add_distance).with_columns(
            pl.when(is_placed & pl.col("is_mismatch"))
            .then(pl.coalesce("constituency_name", "sub_county_name", "ward_name"))
            .alias("issue.constituency_mismatch"),
            pl.when("contradicts").then("county_name").alias("issue.county_contradiction"),
            pl.when(is_far)
            .then(
                pl.format("{}, {} is {} km away", "latitude", "longitude", pl.col("distance_km").round().cast(pl.Int64))
            )
            .alias("issue.far_from_ward"),
        )

    def _add_distance(self, records: pl.DataFrame) -> pl.DataFrame:
        """Add distance_km from the point or polygon by which a ward is known."""
        if self._warns_by_points:
            return records.pipe(add_distance, self._points, self._boundaries)
        points = pl.col("centroid_lat").alias("point_lat"), pl.col("centroid_lng").alias("point_lng")
        return records.with_columns(points).pipe(measure_distance, self._boundaries)

    @cached_property
    def _points(self) -> pl.DataFrame:
        """Give the one known point of each ward: its centroid, which stays, else the median of its facilities."""
        return (
            self._gazetteer.wards.drop_nulls("ward_no")
            .join(self._ward_points(), on="ward_id", how="left", validate="1:1")
            .select(
                "ward_no",
                point_lat=pl.coalesce("centroid_lat", "latitude"),
                point_lng=pl.coalesce("centroid_lng", "longitude"),
            )
            .drop_nulls()
        )

    def _read_boundaries(self, path: Path) -> Boundaries:
        """Read the polygons of the wards that the file names beyond doubt.

        Raises:
            RulesError: it names none.
        """
        names, polygons = read_features(path)
        places = names.with_columns(sub_county_name=pl.lit(None, pl.String)).with_row_index("feature_no")
        found = (
            self._decide(places.select(NAMES).unique())
            .join(places, on=NAMES, nulls_equal=True, validate="1:m")
            .drop_nulls("ward_no")
        )
        if found.is_empty():
            raise RulesError(
                f"{path}: no feature names a ward (properties ward, constituency, county); give another file"
            )
        return Boundaries({row["ward_no"]: polygons[row["feature_no"]] for row in found.iter_rows(named=True)})

    def _read_cache(self, cache: PlaceCache, names: pl.DataFrame) -> pl.DataFrame:
        """Give those of the names (DECIDED) that are in the cache."""
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
        """Give each row of names a key, which is valid for this reference and these rules only."""
        prefix = self.fingerprint[:16]
        return [
            f"{prefix}:{sha256(msgspec.json.encode(row)).hexdigest()[:32]}" for row in names.select(NAMES).iter_rows()
        ]


def name_level() -> pl.Expr:
    """Name the lowest level that is sure."""
    levels = {"ward": "ward_id", "constituency": "constituency_id", "county": "county_id"}
    return pl.coalesce(
        *(pl.when(pl.col(name).is_not_null()).then(pl.lit(level)) for level, name in levels.items()), pl.lit("none")
    )


def fingerprint_places(reference: pl.DataFrame, aliases: Aliases, thresholds: Thresholds) -> str:
    """Give a text that changes with all that an answer depends on: tables, rules, and the code that applies them."""
    frames = [reference, aliases.county, aliases.constituency, aliases.ward]
    parts = [
        repr(thresholds).encode(),
        *(frame.drop("origin", strict=False).write_csv().encode() for frame in frames),
        read_code(),
    ]
    return fingerprint(*parts)


@cache
def read_code() -> bytes:
    """Read the code and tables by which places are decided, once: a process goes on with what it began with."""
    code = (path for path in sorted(FOLDER.rglob("*")) if path.suffix in {".py", ".csv"})
    return b"".join(path.read_bytes() for path in [*code, FOLDER.parents[1] / "requirements.txt"])


def write_answers(decided: pl.DataFrame) -> list[str]:
    """Write each answer as JSON text for the cache."""
    return [msgspec.json.encode(row).decode() for row in decided.select(*ANSWER).iter_rows(named=True)]
