"""One resolver over the shipped reference for all the tests of this folder: it remembers, and tests must not mind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from gvrc.geography import PlaceResolver, read_aliases, read_shipped_reference
from gvrc.geography.mapper import GIVEN

if TYPE_CHECKING:
    from collections.abc import Callable

    Places = Callable[..., pl.DataFrame]

NAMES = ["county_name", "constituency_name", "ward_name", "sub_county_name", "latitude", "longitude"]


@pytest.fixture(scope="session")
def resolver() -> PlaceResolver:
    """The resolver over the shipped reference, with the shipped aliases."""
    return PlaceResolver(read_shipped_reference(), read_aliases())


@pytest.fixture(scope="session")
def places() -> Places:
    """Make records of tuples in the order of NAMES; what is left out at the end is null."""

    def make(*rows: tuple[str | float | None, ...]) -> pl.DataFrame:
        return pl.DataFrame([dict(zip(NAMES, row, strict=False)) for row in rows], schema=GIVEN)

    return make
