"""Records with only the columns that a test is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from gvrc.columns import EXTRACTED, ISSUE_PREFIX
from gvrc.normalise import normalise

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def extracted() -> Callable[..., pl.DataFrame]:
    """Give a frame of EXTRACTED from dicts of the columns that matter."""

    def frame(*records: dict[str, Any]) -> pl.DataFrame:
        numbered = [{"file_no": 1, "record_number": at, **record} for at, record in enumerate(records, 1)]
        return pl.DataFrame(numbered, schema=EXTRACTED)

    return frame


@pytest.fixture(scope="session")
def landed(extracted: Callable[..., pl.DataFrame]) -> Callable[..., dict[str, Any]]:
    """Normalise one record of the given columns; give what is there, issues by their kind."""

    def one(**values: str) -> dict[str, Any]:
        record = normalise(extracted(values)).row(0, named=True)
        there = {name: value for name, value in record.items() if value not in (None, [])}
        return {
            name.removeprefix(ISSUE_PREFIX): value
            for name, value in there.items()
            if not name.endswith(("_no", "_number")) or name == "registration_number"
        }

    return one
