"""From records as they came to records as the directory wants them: the chain of the steps."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from gvrc.columns import EXTRACTED, NORMALISED
from gvrc.enrich import enrich, fill_defaults
from gvrc.errors import DataTransformationError, DataValidationError
from gvrc.geography import add_ward_suggestion
from gvrc.normalise import normalise
from gvrc.rules import Demands, apply_rules
from gvrc.values.quality import add_quality_score

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gvrc.geography import PlaceResolver
    from gvrc.sources import SourceRules


def transform(
    records: pl.DataFrame, sources: Mapping[int, SourceRules], places: PlaceResolver, demands: Demands
) -> pl.DataFrame:
    """Bring extracted records into the directory's form; a row that is refused has a ``reject_reason``.

    Rows stay in their order, none is added or dropped. A batch of many files comes in as many pieces, which every step
    would go through one by one: they are put together first.
    """
    return (
        records.rechunk()
        .pipe(fill_defaults, sources)
        .pipe(normalise)
        .pipe(places.resolve)
        .pipe(enrich, sources)
        .pipe(add_quality_score)
        .pipe(apply_rules, demands)
        .pipe(add_suggestions)
    )


def add_suggestions(records: pl.DataFrame) -> pl.DataFrame:
    """Say of a record without a ward what would settle it: with the reject, or with the issue of one that lands."""
    is_refused = pl.col("reject_reason") == "ward_unresolved"
    return (
        records.pipe(add_ward_suggestion)
        .with_columns(
            pl.when(pl.col("reject_reason").is_null()).then(pl.col("ward_suggestion")).alias("issue.ward_unresolved"),
            suggestion=pl.when(is_refused).then(pl.col("ward_suggestion")),
        )
        .drop("ward_suggestion")
    )


class FacilityTransformer:
    """The guide's face: one record at a time, through the same chain as a batch."""

    def __init__(self, demands: Demands | None = None) -> None:
        self.demands = demands or Demands()

    def transform_facility(self, raw_facility: Mapping[str, object]) -> dict[str, Any]:
        """Give the record in the directory's form, without what is absent.

        Raises:
            DataTransformationError: it is not a record, or the rules refuse it; then its cause is the
                DataValidationError, whose ``reason`` is the reject reason.
        """
        transformed = transform_one(raw_facility, self.demands).to_dicts()[0]
        if transformed["reject_reason"] is not None:
            detail = transformed["reject_detail"]
            raise DataTransformationError(detail) from DataValidationError(detail, transformed["reject_reason"])
        return {name: value for name, value in transformed.items() if value is not None}


def transform_one(raw_facility: Mapping[str, object], demands: Demands) -> pl.DataFrame:
    """Run the chain on one record, placed by the shipped reference."""
    from gvrc.extract import read_record
    from gvrc.sources import named_source

    if not isinstance(raw_facility, dict):
        raise DataTransformationError(f"A record is a dict, this is {type(raw_facility).__name__}.")
    return transform(read_record(raw_facility), {1: named_source("record")}, shipped_places(), demands)


def read_defaults(source: SourceRules) -> dict[str, Any]:
    """Give a source's defaults as they come out of the steps that read a record."""
    empty = pl.DataFrame([{"file_no": 1}], schema=EXTRACTED)
    read = normalise(fill_defaults(empty, {1: source})).select(NORMALISED.names()).to_dicts()[0]
    return {field: value for field, value in read.items() if value not in (None, []) and field != "file_no"}


@cache
def shipped_places() -> PlaceResolver:
    """Give the resolver over the shipped reference, made once."""
    from gvrc.geography import PlaceResolver, read_aliases, read_shipped_reference

    return PlaceResolver(read_shipped_reference(), read_aliases(None))
