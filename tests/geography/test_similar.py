from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler

from gvrc.geography.similar import FLOOR, PAIRS, clear_winners, similar_pairs

FORMS = st.lists(
    st.tuples(
        st.integers(0, 3),  # number
        st.integers(0, 1),  # block
        st.text("abn", min_size=1, max_size=4),
        st.sampled_from(["", "north"]),
        st.sampled_from([1.0, 0.9]),
    ),
    max_size=4,
)


def frame(forms: list[tuple[int, int, str, str, float]], number: str) -> pl.DataFrame:
    schema = {number: pl.Int64, "block": pl.Int64, "key": pl.String, "signature": pl.String, "weight": pl.Float64}
    return pl.DataFrame(forms, schema, orient="row").with_columns(pl.col("key") + pl.col("signature"))


def mean(name: str, other: str) -> float:
    return (OSA.normalized_similarity(name, other) + JaroWinkler.similarity(name, other)) / 2


@settings(max_examples=50, deadline=None)
@given(queries=FORMS, choices=FORMS)
def test_pairs_are_those_of_a_plain_loop(
    queries: list[tuple[int, int, str, str, float]], choices: list[tuple[int, int, str, str, float]]
) -> None:
    expected: dict[tuple[int, int], tuple[float, float]] = {}
    for query_no, query_block, given_key, query_signature, _ in queries:
        for choice_no, choice_block, known, choice_signature, weight in choices:
            alike = mean(given_key + query_signature, known + choice_signature)
            if query_block == choice_block and alike >= FLOOR:
                before = expected.get((query_no, choice_no), (0.0, 0.0))
                of_rest = mean(given_key + query_signature[:2], known + choice_signature[:2])
                guarded = min(alike, of_rest) * weight if query_signature == choice_signature else 0.0
                expected[query_no, choice_no] = max(before[0], alike * weight), max(before[1], guarded)
    found = similar_pairs(frame(queries, "query_no").drop("weight"), frame(choices, "choice_no"))
    assert {(query, choice) for query, choice, *_ in found.rows()} == expected.keys()
    for query, choice, similarity, guarded in found.rows():
        assert (similarity, guarded) == pytest.approx(expected[query, choice], abs=0.001)


def test_a_winner_is_alike_enough_and_clearly_better_than_the_next() -> None:
    pairs = pl.DataFrame(
        [
            (1, 1, 0.95, 0.95),
            (1, 2, 0.80, 0.80),
            (2, 1, 0.95, 0.95),
            (2, 2, 0.93, 0.93),
            (3, 1, 0.85, 0.85),
            (4, 1, 0.99, 0.0),
            (5, 1, 0.95, 0.95),
            (5, 2, 0.94, 0.0),
        ],
        PAIRS,
        orient="row",
    )
    assert clear_winners(pairs, least=0.88, margin=0.05).rows() == [(1, 1), (5, 1)]


def test_the_direction_that_two_names_share_counts_for_two_letters() -> None:
    queries = frame([(1, 0, "kikuyu", "central", 1.0), (2, 0, "kitu", "central", 1.0)], "query_no").drop("weight")
    found = similar_pairs(queries, frame([(9, 0, "kitutu", "central", 1.0)], "choice_no"))
    assert found.sort("query_no").rows() == [(1, 9, 0.8578, 0.8083), (2, 9, 0.8895, 0.85)]
