"""``make bench-places``: score the place resolver against the truth tables, and time it.

The tables lie beside the project (../shared/data); without them only the timing of invented names is left. The suite
asserts the same figures (tests/geography/test_truth.py).
"""

from __future__ import annotations

import json
import random
import string
import sys
import time
from pathlib import Path
from typing import NamedTuple

import polars as pl

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from gvrc.geography import Aliases, PlaceResolver, read_aliases, read_shipped_reference
from gvrc.geography.listing import pick_places, read_places

SHARED = ROOT.parent / "shared" / "data"
GEOGRAPHY = SHARED / "geography"
OWN_CASES = ROOT / "tests" / "geography" / "cases.csv"
TRIPLE = ["county_name", "constituency_name", "ward_name"]


class Score(NamedTuple):
    """How many places are right, wrong and open (no ward, though there is one)."""

    right: int
    wrong: int
    open: int

    @property
    def placed(self) -> float:
        """The share of the places that have their right ward."""
        return self.right / sum(self)

    def __str__(self) -> str:
        return f"{sum(self):>8,} places  {self.wrong:>3} wrong  {self.open:>5,} open  {self.placed:8.3%} placed"


def main() -> None:
    resolver, bare = (PlaceResolver(read_shipped_reference(), aliases) for aliases in (read_aliases(), Aliases.none()))
    if GEOGRAPHY.exists():
        facilities = read_facilities()
        print("real facilities (KMHFL), weighted by facility")
        print("  with aliases        ", score(resolver, facilities))
        print("  without aliases     ", score(bare, facilities))
        print("  sub-county for const", score(resolver, state_sub_county(facilities)))
        print("  ... without aliases ", score(bare, state_sub_county(facilities)))
        print("one random edit in each ward name")
        print("  ten edits of each   ", score(resolver, misspell(facilities, times=10)))
        print("names of another ward of the county, under the stated constituency")
        print("  taken for the stated", count_taken_for_stated(resolver, facilities))
        print("hard cases")
        print("  adversarial.csv     ", score_cases(resolver, GEOGRAPHY / "adversarial.csv"))
    print("  cases.csv           ", score_cases(resolver, OWN_CASES))
    print("time, from the reference to the last place")
    for name, places in timed_places().items():
        print(f"  {name:<20} {places.height:>8,} unique places  {seconds_for(places):6.2f} s of one core")


def read_facilities() -> pl.DataFrame:
    """One row a facility: the names as the list has them, and the official number of the right ward (expected)."""
    names = [*TRIPLE, "sub_county_name"]
    facilities = [
        {name: record[name] for name in names}
        for path in sorted((SHARED / "kmhfl").glob("*.json"))
        for record in json.loads(path.read_text())["results"]
    ]
    truth = pl.read_csv(GEOGRAPHY / "truth_kmhfl.csv", infer_schema=False).select(
        **{f"{level}_name": level for level in ("county", "constituency", "ward")},
        expected=pl.col("true_ward_code").cast(pl.Int64),
    )
    return (
        pl.DataFrame(facilities, schema=dict.fromkeys(names, pl.String))
        .join(truth, on=TRIPLE, validate="m:1")
        .with_columns(latitude=pl.lit(None, pl.Float64), longitude=pl.lit(None, pl.Float64))
    )


def state_sub_county(facilities: pl.DataFrame) -> pl.DataFrame:
    """State the sub-county where the constituency belongs."""
    return facilities.with_columns(constituency_name="sub_county_name", sub_county_name=pl.lit(None, pl.String))


def misspell(facilities: pl.DataFrame, times: int, seed: int = 0) -> pl.DataFrame:
    """Make one random edit (a letter lost, added, replaced or exchanged with the next) in each distinct ward name."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    rows = pl.concat([facilities.unique(TRIPLE, maintain_order=True)] * times)
    return rows.with_columns(ward_name=pl.Series([edit(name, chance) for name in rows["ward_name"]]))


def edit(name: str, chance: random.Random) -> str:
    at, letter = chance.randrange(len(name)), chance.choice(string.ascii_lowercase)
    left, right = name[:at], name[at:]
    return chance.choice(
        [left + right[1:], left + letter + right, left + letter + right[1:], left + right[1:2] + right[:1] + right[2:]]
    )


def score(resolver: PlaceResolver, places: pl.DataFrame) -> Score:
    """Resolve the places, leaving what is no hint (the sub-county) out, and compare with ``expected``."""
    found = resolver.resolve(places.with_columns(sub_county_name=pl.lit(None, pl.String)))
    right = found.filter(pl.col("ward_id") == pl.col("expected")).height
    unplaced = found["ward_id"].null_count()
    return Score(right, found.height - right - unplaced, unplaced)


def count_taken_for_stated(resolver: PlaceResolver, facilities: pl.DataFrame) -> int:
    """Put every other ward name of the county in each place's cell, and count the places that stay where they were."""
    reference = read_shipped_reference()
    same_name = pl.col("other").str.to_lowercase().str.replace_all("[^a-z]", "")
    stated = facilities.unique(TRIPLE).join(
        reference.select("county_name", "ward_id", stated_ward="ward_name"), left_on="expected", right_on="ward_id"
    )
    others = (
        stated.join(
            reference.select("county_name", other="ward_name", other_id="ward_id"),
            left_on="county_name_right",
            right_on="county_name",
        )
        .filter(
            pl.col("other_id") != pl.col("expected"),
            same_name != pl.col("stated_ward").str.to_lowercase().str.replace_all("[^a-z]", ""),
        )
        .with_columns(ward_name="other", sub_county_name=pl.lit(None, pl.String))
    )
    found = resolver.resolve(others)
    return int((found["ward_id"] == found["expected"]).sum())


def read_cases(path: Path) -> pl.DataFrame:
    """Read a file of cases; expected is null where the resolver must refuse."""
    cases = pl.read_csv(path, infer_schema=False)
    return (
        pick_places(cases)
        .pipe(read_places)
        .with_columns(cases["expect_ward_code"].cast(pl.Int64).alias("expected"), cases["why"])
    )


def score_cases(resolver: PlaceResolver, path: Path) -> str:
    found = resolver.resolve(read_cases(path))
    others = found.filter(pl.col("expected").is_not_null())
    right = (others["ward_id"] == others["expected"]).sum()
    wrong = found["ward_id"].count() - right
    return (
        f"{found.height:>8,} cases   {wrong:>3} wrong, {found.height - others.height} to refuse,"
        f" {right} of {others.height} others placed"
    )


def timed_places() -> dict[str, pl.DataFrame]:
    """Give what is timed: the real places, and 100,000 unique misspelt ones."""
    reference = read_shipped_reference().select(
        *TRIPLE,
        sub_county_name=pl.lit(None, pl.String),
        latitude=pl.lit(None, pl.Float64),
        longitude=pl.lit(None, pl.Float64),
    )
    misspelt = misspell(reference, times=140).unique(TRIPLE, maintain_order=True).head(100_000)
    real = {"real": read_facilities().unique(TRIPLE)} if GEOGRAPHY.exists() else {}
    return real | {"misspelt": misspelt}


def seconds_for(places: pl.DataFrame) -> float:
    """Time a new resolver from its reference to the last place, in seconds of one core."""
    started = time.process_time()
    PlaceResolver(read_shipped_reference(), read_aliases()).resolve(places)
    return time.process_time() - started


if __name__ == "__main__":
    main()
