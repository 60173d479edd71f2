"""The schema has two readers: pandera, which reports, and one select, which spares a clean batch the import of it."""

from __future__ import annotations

from typing import Any

import pandera.errors
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvrc.loading.schema import accepted_columns, accepted_schema, check_accepted, fits_schema
from gvrc.rules import CONTRACT_LENGTHS, Demands

DEMANDS = Demands(dict.fromkeys(CONTRACT_LENGTHS, 3))
VALUES: dict[str, list[Any]] = {
    "row_no": [0, 1, None],
    "source": ["kmhfl", "", None],
    "content_hash": ["0" * 32, "0" * 31, "0" * 33, None],
    "facility_name": ["abc", "äöü", "abcd", "", None],
    "facility_code": ["abc", "äöüß", None],
    "registration_number": ["1", "1234", None],
    "latitude": [-4.9, 5.6, -4.91, 5.61, float("nan"), float("inf"), None],
    "longitude": [33.8, 42.0, 33.79, float("nan"), None],
    "ward_id": [1, None],
    "place_level": ["ward", "none", "Ward", None],
    "quality_score": [0.0, 100.0, -0.01, 100.01, float("nan"), None],
}
FITTING = {name: values[0] for name, values in VALUES.items()}


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, {name: fit.dtype for name, fit in accepted_columns(DEMANDS).items()})


def fits_by_pandera(accepted: pl.DataFrame, demands: Demands) -> bool:
    try:
        accepted_schema(demands).validate(accepted, lazy=True)
    except pandera.errors.SchemaErrors:
        return False
    return True


@pytest.mark.parametrize("needs_ward", [False, True])
@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in VALUES.items() for value in values])
def test_a_value_fits_when_pandera_says_so(name: str, value: object, needs_ward: bool) -> None:
    demands = Demands(DEMANDS.lengths, needs_ward=needs_ward)
    accepted = frame([FITTING, FITTING | {"row_no": 5} | {name: value}])
    assert fits_schema(accepted, demands) is fits_by_pandera(accepted, demands)


@given(rows=st.lists(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()})))
def test_a_frame_fits_when_pandera_says_so(rows: list[dict[str, Any]]) -> None:
    assert fits_schema(frame(rows), DEMANDS) is fits_by_pandera(frame(rows), DEMANDS)


@pytest.mark.parametrize("name", VALUES)
def test_a_column_that_is_missing_or_of_another_type_does_not_fit(name: str) -> None:
    accepted = frame([FITTING])
    for spoilt in (accepted.drop(name), accepted.with_columns(pl.lit(None, pl.Binary).alias(name))):
        assert not fits_schema(spoilt, DEMANDS)
        assert not fits_by_pandera(spoilt, DEMANDS)


def test_the_rows_that_do_not_fit_are_named_with_the_rule_and_without_the_value() -> None:
    accepted = frame([FITTING, FITTING | {"row_no": 1, "latitude": 50.0}, FITTING | {"row_no": 2, "source": None}])
    assert check_accepted(accepted, DEMANDS) == {
        1: "latitude breaks the rule in_range(-4.9, 5.6).",
        2: "source breaks the rule not_nullable.",
    }
    assert check_accepted(accepted.head(1), DEMANDS) == {}
