"""How good a facility's record is, 0 to 100: how far a person who was sent there could rely on it.

The score is a weighted sum of four parts, each 0 to 1, rounded to two decimals:

- complete (40): how many it has of name, code, type, status, owner, services, coordinates and the record's day;
- valid (20): 1, less 0.25 for every issue of the record, or 0.1 where the issue was a repair that lost nothing;
- placed (20): 1 with a ward, 0.6 with a constituency, 0.3 with a county, 0 with none;
- reachable (20): 1 with a number to call, 0.6 with an e-mail only, 0.3 with another address only, 0 with none.

A record's score depends on the record alone, so that one record and a batch agree, and two runs can be compared.
docs/quality.md explains the weights to readers of the report.
"""

from __future__ import annotations

import polars as pl

from gvrc.columns import ISSUE_PREFIX

COMPLETE, VALID, PLACED, REACHABLE = 40, 20, 20, 20

_TEXTS = ("facility_name", "facility_code", "facility_type", "operational_status", "owner_name")
_REPAIRS = ("coordinates_exchanged", "name_repaired", "code_repaired", "registration_number_repaired")
_ISSUE_COST, _REPAIR_COST = 0.25, 0.1
_PLACED = {"ward": 1.0, "constituency": 0.6, "county": 0.3}
_CALLABLE = ["Phone", "Mobile", "Toll Free", "Hotline"]


def add_quality_score(records: pl.DataFrame) -> pl.DataFrame:
    """Add ``quality_score`` (Float64, 0 to 100) to records with the columns of NORMALISED and PLACE and issues."""
    issues = [name for name in records.columns if name.startswith(ISSUE_PREFIX)]
    score = COMPLETE * _complete() + VALID * _valid(issues) + PLACED * _placed() + REACHABLE * _reachable()
    return records.with_columns(score.round(2).alias("quality_score"))


def _complete() -> pl.Expr:
    there = [
        *(pl.col(name).is_not_null() for name in _TEXTS),
        pl.col("services").list.len().fill_null(0) > 0,
        pl.col("latitude").is_not_null(),
        pl.col("recorded_on").is_not_null(),
    ]
    return pl.sum_horizontal(there) / len(there)


def _valid(issues: list[str]) -> pl.Expr:
    costs = [
        pl.col(name).is_not_null() * (_REPAIR_COST if name.removeprefix(ISSUE_PREFIX) in _REPAIRS else _ISSUE_COST)
        for name in issues
    ]
    return (1 - pl.sum_horizontal(pl.lit(0.0), *costs)).clip(lower_bound=0)


def _placed() -> pl.Expr:
    return pl.col("place_level").replace_strict(_PLACED, default=0.0, return_dtype=pl.Float64)


def _reachable() -> pl.Expr:
    kinds = pl.col("contacts").list.eval(pl.element().struct.field("contact_type"))
    callable_kinds = kinds.list.eval(pl.element().is_in(_CALLABLE)).list.any()
    return (
        pl.when(callable_kinds)
        .then(1.0)
        .when(kinds.list.contains("Email"))
        .then(0.6)
        .when((kinds.list.len() > 0) | pl.col("website_url").is_not_null())
        .then(0.3)
        .otherwise(0.0)
    )
