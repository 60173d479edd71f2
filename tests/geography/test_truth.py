"""The figures of ``make bench-places``, asserted where the data is present."""

from __future__ import annotations

import polars as pl
import pytest

from benchmarks.bench_places import (
    GEOGRAPHY,
    OWN_CASES,
    Score,
    count_taken_for_stated,
    misspell,
    read_cases,
    read_facilities,
    score,
    state_sub_county,
)
from gvrc.geography import Aliases, PlaceResolver, read_shipped_reference
from tests.conftest import PROJECT

needs_truth = pytest.mark.skipif(not GEOGRAPHY.exists(), reason="the truth tables (../shared/data) are not here")


@pytest.fixture(scope="session")
def facilities() -> pl.DataFrame:
    return read_facilities()


@pytest.fixture(scope="session")
def bare_resolver() -> PlaceResolver:
    return PlaceResolver(read_shipped_reference(), Aliases.none())


@needs_truth
def test_every_real_facility_is_in_its_ward(resolver: PlaceResolver, facilities: pl.DataFrame) -> None:
    assert score(resolver, facilities) == Score(right=9267, wrong=0, open=0)


@needs_truth
def test_without_any_alias_a_few_stay_open_and_none_is_wrong(
    bare_resolver: PlaceResolver, facilities: pl.DataFrame
) -> None:
    assert score(bare_resolver, facilities) == Score(right=9259, wrong=0, open=8)


@needs_truth
def test_the_sub_county_serves_for_the_constituency(resolver: PlaceResolver, facilities: pl.DataFrame) -> None:
    assert score(resolver, state_sub_county(facilities)) == Score(right=9267, wrong=0, open=0)


@needs_truth
def test_the_sub_county_serves_without_any_alias_too(bare_resolver: PlaceResolver, facilities: pl.DataFrame) -> None:
    assert score(bare_resolver, state_sub_county(facilities)) == Score(right=9259, wrong=0, open=8)


@needs_truth
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_slip_of_the_pen_seldom_loses_a_ward_and_hardly_ever_changes_it(
    resolver: PlaceResolver, facilities: pl.DataFrame, seed: int
) -> None:
    found = score(resolver, misspell(facilities, times=5, seed=seed))
    assert found.wrong / sum(found) <= 0.001
    assert found.placed >= 0.95


@needs_truth
def test_another_ward_of_the_county_is_never_taken_for_the_stated_one(
    resolver: PlaceResolver, facilities: pl.DataFrame
) -> None:
    assert count_taken_for_stated(resolver, facilities) == 0


@needs_truth
def test_the_hard_cases_come_out_right(resolver: PlaceResolver) -> None:
    assert_cases_hold(resolver, read_cases(GEOGRAPHY / "adversarial.csv"))


def test_our_own_cases_come_out_right(resolver: PlaceResolver) -> None:
    cases = read_cases(OWN_CASES)
    assert cases.height >= 100
    assert cases["why"].null_count() == 0
    assert f"our own ({cases.height}, " in (PROJECT / "docs" / "places.md").read_text("utf-8")
    assert_cases_hold(resolver, cases)


def assert_cases_hold(resolver: PlaceResolver, cases: pl.DataFrame) -> None:
    found = resolver.resolve(cases)
    missed = found.filter(~pl.col("ward_id").eq_missing(pl.col("expected")))
    assert missed.select("county_name", "constituency_name", "ward_name", "ward_id", "expected", "why").rows() == []


def test_a_name_under_a_county_that_does_not_have_it_is_hardly_ever_placed(resolver: PlaceResolver) -> None:
    # Each ward under the county after its own, without a constituency: what is placed are wards of the same name.
    reference = read_shipped_reference().sort("ward_id")
    next_county = {county: county % 47 + 1 for county in range(1, 48)}
    names = dict(reference.select("county_id", "county_name").unique().iter_rows())
    moved = reference.select(
        county_name=pl.col("county_id").replace_strict(next_county).replace_strict(names),
        constituency_name=pl.lit(None, pl.String),
        sub_county_name=pl.lit(None, pl.String),
        ward_name="ward_name",
        latitude=pl.lit(None, pl.Float64),
        longitude=pl.lit(None, pl.Float64),
    )
    placed = resolver.resolve(moved).drop_nulls("ward_id").join(reference, on="ward_id", validate="m:1")
    others = placed.filter(pl.col("ward_name") != pl.col("ward_name_right")).sort("ward_name")
    assert others.select("ward_name", "ward_name_right", "ward_match").rows() == [
        ("Central Ward", "Central", "county"),
        ("Wargadud", "Wargudud", "county"),
    ]
