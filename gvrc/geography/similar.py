"""How alike two names are: the mean of edit similarity (OSA) and Jaro-Winkler, compared inside blocks only.

OSA counts letters that are wrong, missing, extra or exchanged; Jaro-Winkler is more lenient at the end of a name than
at its beginning, as people are. Each alone placed facilities wrongly that the mean did not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gvrc.geography.words import COMPASS

if TYPE_CHECKING:
    from collections.abc import Iterator

# Pairs below this are not worth listing as candidates, let alone a decision.
FLOOR = 0.55
# What a compass word counts for, where both names have it: two letters.
SHORT_COMPASS = {word: word[:2] for word in COMPASS}

PAIRS = pl.Schema({"query_no": pl.Int64, "choice_no": pl.Int64, "similarity": pl.Float64, "guarded": pl.Float64})
COMPARED = pl.Schema({"query": pl.Int64, "choice": pl.Int64, "edits": pl.Float64, "prefixes": pl.Float64})


def similar_pairs(queries: pl.DataFrame, choices: pl.DataFrame) -> pl.DataFrame:
    """Compare every query with every choice of its block (PAIRS), using the best form of each.

    Both frames have block, key and signature; queries have query_no, choices choice_no, with several rows for several
    forms of a name. A choice's weight is what equality with that form is worth. ``guarded`` is the similarity as far as
    it is not that of compass words (``guard``).
    """
    if queries.is_empty():
        return PAIRS.to_frame()
    query, choice, similarity = compare_blocks(queries, choices)
    weight = choices["weight"].gather(choice)
    guarded = guard(similarity, queries.select("key", "signature")[query], choices.select("key", "signature")[choice])
    return (
        pl.DataFrame([similarity * weight, queries["query_no"].gather(query), choices["choice_no"].gather(choice)])
        .with_columns(guarded=guarded * weight)
        .group_by("query_no", "choice_no", maintain_order=True)
        .agg(pl.col("similarity", "guarded").max().round(4))
    )


def guard(similarity: pl.Series, given: pl.DataFrame, known: pl.DataFrame) -> pl.Series:
    """Give the similarity of names (key, signature), row by row, as far as it is not that of their compass words.

    0 if compass words, numbers and single letters differ. If they agree, they say little about the rest: "Narok
    Central" and "Nairobi Central" have seven letters of the direction in common.
    """
    is_same = given["signature"] == known["signature"]
    is_directed = (is_same & given["signature"].str.contains("|".join(COMPASS))).arg_true()
    short = (names["key"].gather(is_directed).str.replace_many(SHORT_COMPASS) for names in (given, known))
    limit = is_same.cast(pl.Float64).scatter(is_directed, pl.Series(map(likeness, *short), dtype=pl.Float64))
    return pl.select(pl.min_horizontal(similarity, limit)).to_series()


def likeness(name: str, other: str) -> float:
    """Say how alike two names are, 0 to 1."""
    from rapidfuzz.distance import OSA, JaroWinkler

    return (OSA.normalized_similarity(name, other) + JaroWinkler.similarity(name, other)) / 2


def compare_blocks(queries: pl.DataFrame, choices: pl.DataFrame) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Give, for the pairs that reach the floor, the row of the query, the row of the choice and the similarity.

    Name by name: rapidfuzz's matrices would need numpy, whose import takes as long as 200,000 pairs, and the file of a
    county has hundreds. Single precision decides which pairs are equally alike.
    """
    choice_rows = rows_by_block(choices)
    pairs = [
        pair
        for block, given in rows_by_block(queries).items()
        for pair in compare_names(queries["key"], given, choices["key"], choice_rows.get(block, []))
    ]
    edits, prefixes = pl.col("edits").cast(pl.Float32), pl.col("prefixes").cast(pl.Float32)
    found = (
        pl.DataFrame(pairs, COMPARED, orient="row")
        .select("query", "choice", similarity=(edits + prefixes) / pl.lit(2, pl.Float32))
        .filter(pl.col("similarity") >= pl.lit(FLOOR, pl.Float32))
    )
    return found["query"], found["choice"], found["similarity"].cast(pl.Float64)


def compare_names(
    queries: pl.Series, given: list[int], choices: pl.Series, known: list[int]
) -> Iterator[tuple[int, int, float, float]]:
    """Compare the names in some rows with those in others (COMPARED)."""
    # Loaded here: a run in which every name is clean never needs it.
    from rapidfuzz.distance import OSA, JaroWinkler
    from rapidfuzz.process import extract_iter

    names = choices.gather(known).to_list()
    for query, name in zip(given, queries.gather(given), strict=True):
        edits = extract_iter(name, names, scorer=OSA.normalized_similarity)
        prefixes = extract_iter(name, names, scorer=JaroWinkler.similarity)
        for choice, (_, edit, _), (_, prefix, _) in zip(known, edits, prefixes, strict=True):
            yield query, choice, edit, prefix


def rows_by_block(frame: pl.DataFrame) -> dict[int, list[int]]:
    """List the numbers of the rows of each block."""
    rows = frame.select("block", row=pl.int_range(pl.len())).group_by("block", maintain_order=True).agg("row")
    return dict(rows.iter_rows())


def clear_winners(pairs: pl.DataFrame, least: float, margin: float) -> pl.DataFrame:
    """Give query_no and choice_no if the best choice is similar enough and clearly better than the second."""
    if pairs.is_empty():
        return pairs.select("query_no", "choice_no")
    return (
        pairs.sort("query_no", "guarded", "choice_no", descending=[False, True, False])
        .group_by("query_no", maintain_order=True)
        .agg(
            pl.col("choice_no").first(),
            best=pl.col("guarded").first(),
            second=pl.col("guarded").slice(1, 1).first().fill_null(0.0),
        )
        .filter(pl.col("best") >= least, pl.col("best") - pl.col("second") >= margin)
        .select("query_no", "choice_no")
    )
