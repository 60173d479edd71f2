"""A column is read all at once where its values are plain; it comes out as if they were read one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from gvrc.values.casts import MOST_BEDS, read_day, to_count, to_day

if TYPE_CHECKING:
    from datetime import date

DAYS = st.sampled_from(
    [
        *(
            "2020-01-02",
            "2020-01-02T10:00:00Z",
            "2020-01-02 10:20:30.5+03:00",
            "2020-01-02x",
            "2020-13-45",
            "0001-01-01",
        ),
        *("3/4/2020", "03/25/2020", "12th March, 2020", "12-Mar-2020", "20200102", "2101-01-01", "spring", "", None),
    ]
)
COUNTS = st.sampled_from(["12", "12.0", "1,200", "-4", "100000", "100001", "1,000,000", "0712345678", "many", "", None])


def read(column: pl.Expr, texts: list[str | None]) -> list[object]:
    return pl.DataFrame({"text": texts}, {"text": pl.String}).select(column).to_series().to_list()


@given(texts=st.lists(DAYS, max_size=8))
def test_days_are_those_of_a_plain_loop(texts: list[str | None]) -> None:
    def plainly(text: str | None) -> date | None:
        if text is None:
            return None
        day = text[:10].replace("2020-01-02", "2/1/2020") if text[10:11] in ("", "T", " ") else text
        found = read_day(day)
        return found if found and 1900 <= found.year <= 2100 else None

    assert read(to_day(pl.col("text")), texts) == [plainly(text) for text in texts]


@given(texts=st.lists(COUNTS, max_size=8))
def test_counts_are_those_of_a_plain_loop(texts: list[str | None]) -> None:
    def plainly(text: str | None) -> int | None:
        digits = (text or "").removesuffix(".0").replace(",", "", 1)
        count = int(digits) if digits.lstrip("-").isdecimal() else -1
        return count if 0 <= count <= MOST_BEDS else None

    assert read(to_count(pl.col("text")), texts) == [plainly(text) for text in texts]
