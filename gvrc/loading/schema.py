"""The schema of accepted records: what breaks it never reaches the database, even if the rules before it forgot it.

It is checked twice: by polars, which sees at once whether all is well, and by pandera, which says what is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from gvrc.values.coordinates import LATITUDES, LONGITUDES

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandera.polars

    from gvrc.rules import Demands


def check_accepted(accepted: pl.DataFrame, demands: Demands) -> dict[int, str]:
    """Say which rows of ``accepted`` (by position) break the schema, and which of its checks.

    Pandera is used only if something is wrong: importing it takes longer than all else that a small file needs. Only
    row and check are taken from its report, because its failure cases hold values of the record.
    """
    if fits_schema(accepted, demands):
        return {}
    import pandera.errors

    try:
        accepted_schema(demands).validate(accepted, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        broken = errors.failure_cases.drop_nulls("index").select("index", "column", "check").rows()
        return {int(index): f"{column} breaks the rule {check}." for index, column, check in reversed(broken)}
    return {}


class Fit(NamedTuple):
    """What the schema demands of one column; where it is ``nullable``, null fits whatever else is demanded."""

    dtype: type[pl.DataType]
    nullable: bool = False
    unique: bool = False
    longest: int | None = None  # characters of a text
    shortest: int | None = None
    between: tuple[float, float] | None = None
    names: tuple[str, ...] = ()


def accepted_columns(demands: Demands) -> dict[str, Fit]:
    """Describe what is staged: a frame that does not fit never reaches the database."""
    lengths = demands.lengths
    return {
        "row_no": Fit(pl.Int64, unique=True),
        "source": Fit(pl.String),
        "content_hash": Fit(pl.String, longest=32, shortest=32),
        "facility_name": Fit(pl.String, longest=lengths["facilities.facility_name"]),
        "facility_code": Fit(pl.String, nullable=True, longest=lengths["facilities.facility_code"]),
        "registration_number": Fit(pl.String, nullable=True, longest=lengths["facilities.registration_number"]),
        "latitude": Fit(pl.Float64, nullable=True, between=LATITUDES),
        "longitude": Fit(pl.Float64, nullable=True, between=LONGITUDES),
        "ward_id": Fit(pl.Int64, nullable=not demands.needs_ward),
        "place_level": Fit(pl.String, names=("ward", "constituency", "county", "none")),
        "quality_score": Fit(pl.Float64, between=(0, 100)),
    }


def fits_schema(accepted: pl.DataFrame, demands: Demands) -> bool:
    """Say whether pandera would find nothing: the same checks, in one select."""
    columns = accepted_columns(demands)
    if any(accepted.schema.get(name) != fit.dtype for name, fit in columns.items()):
        return False
    return all(accepted.select(fits(name, fit).alias(name) for name, fit in columns.items()).row(0))


def fits(name: str, fit: Fit) -> pl.Expr:
    """Say whether all values of a column fit."""
    value = pl.col(name)
    wanted = [value.is_not_null() | pl.lit(fit.nullable)]
    if fit.unique:
        wanted.append(value.is_unique())
    if fit.longest is not None:
        wanted.append(value.str.len_chars().is_between(fit.shortest or 0, fit.longest))
    if fit.between is not None:
        wanted.append(value.is_between(*fit.between))
    if fit.names:
        wanted.append(value.is_in(list(fit.names)))
    return pl.all_horizontal(wanted).all()


def accepted_schema(demands: Demands) -> pandera.polars.DataFrameSchema:
    """Give the same columns in the words of pandera."""
    import pandera.polars as pa

    def checks(fit: Fit) -> Iterator[pa.Check]:
        if fit.longest is not None:
            yield pa.Check.str_length(fit.shortest, fit.longest)
        if fit.between is not None:
            yield pa.Check.in_range(*fit.between)
        if fit.names:
            yield pa.Check.isin(list(fit.names))

    return pa.DataFrameSchema(
        {
            name: pa.Column(fit.dtype, list(checks(fit)), nullable=fit.nullable, unique=fit.unique)
            for name, fit in accepted_columns(demands).items()
        }
    )
