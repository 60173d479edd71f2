"""The keys that a first load has brought: a record that shares none of them meets nothing, and need not be looked up.

Into an empty directory come only the run's own facilities. Looking up the content, code and source key of each record
among what earlier batches had brought took a tenth of the server's time, a quarter with the eighty-fold list.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

KEYS: Final = {  # what the statements of sql/merge/1_meet*.sql compare that need not be run
    "meet_by_content": ("source", "content_hash"),
    "meet_by_code": ("facility_code",),
    "meet_by_source_key": ("source", "source_key"),
}
# A registration number is compared with those of the directory and of the batch: one that nobody shares is not refused.
LONE_KEYS: Final = {**KEYS, "refuse_claimed_numbers": ("registration_number",)}
LOOKS_GENERATED: Final = "-[0-9a-f]{12}$"  # the database makes such codes, of which nothing is known here
LEADING_ZEROS: Final = "^0+([0-9]+)$"  # codes that differ in these only may be one: meet_by_code_without_zeros
BEYOND_ASCII: Final = r"[^\x00-\x7f]"  # the database's lower() may be another than ours
DOTTED_I: Final = "i\u0307"  # which polars makes of a capital one, and a database may make an i of


class Compared(NamedTuple):
    """What the keys of a batch tell, beside those that were brought before."""

    lone: pl.Series  # row_no of the records that share no key with any other
    needless: frozenset[str]  # statements that would find nothing


class BroughtKeys:
    """Remembers a hash of 4 bytes for each key; if two keys have one hash, that only costs a question.

    With 8 bytes the eighty-fold load took 306 MB, with 4 it takes 296 of the 300 that it may (``make bench``).
    """

    def __init__(self) -> None:
        self.brought = {key: pl.Series(dtype=pl.UInt32) for key in LONE_KEYS}
        self.names = pl.Series(dtype=pl.UInt32)
        self.unsure_names = pl.Series(dtype=pl.UInt32)  # of records that have no code of their own, or may lose it

    def add_rejects(self, rejected: pl.DataFrame) -> None:
        """Add what was rejected: a record that lands in the same words closes its reject."""
        hashes = hash_rows(rejected, KEYS["meet_by_content"])
        self.brought["meet_by_content"] = pl.concat([self.brought["meet_by_content"], hashes.drop_nulls()])

    def compare(self, records: pl.DataFrame) -> Compared:
        """Say which staged records of a batch are lone, and which statements are needless for it; add their keys.

        Where a record goes without a code, or may, facilities are met by name. So whatever has the name of a record
        that is not lone is not lone either, wherever it is: a facility may have its name and its ward from two records.
        """
        is_generated = records["facility_code"].str.contains(LOOKS_GENERATED).fill_null(value=False)
        is_shared = records["facility_code"].is_null() | is_generated | records["answers"].is_not_null()
        records = records.with_columns(pl.col("facility_code").str.replace(LEADING_ZEROS, "$1"))
        needless = set(KEYS) - ({"meet_by_code"} if is_generated.any() else set())
        for key, columns in LONE_KEYS.items():
            hashes = hash_rows(records, columns)
            is_known = are_among(hashes, self.brought[key])
            is_shared |= is_known | (hashes.is_duplicated() & hashes.is_not_null())
            needless -= {key} if is_known.any() else set()
            self.brought[key] = pl.concat([self.brought[key], hashes.drop_nulls()])
        names = hash_rows(
            records.select(pl.col("name_key").str.replace_all(DOTTED_I, "i", literal=True)), ("name_key",)
        )
        if "meet_by_code" in needless and not self._may_be_met_by_name(records, names):
            needless.add("meet_by_name")
        self.names = pl.concat([self.names, names])
        is_shared |= self._have_unsure_names(records, names, is_shared)
        return Compared(records["row_no"].filter(~is_shared), frozenset(needless))

    def _may_be_met_by_name(self, records: pl.DataFrame, names: pl.Series) -> bool:
        """Say whether a record without a code has the name of another one; one whose code is met may lose it."""
        is_asking = records["facility_code"].is_null()
        asking = names.filter(is_asking)
        is_known = are_among(asking, pl.concat([self.names, names.filter(~is_asking)])) | asking.is_duplicated()
        return bool((is_known | records["facility_name"].filter(is_asking).str.contains(BEYOND_ASCII)).any())

    def _have_unsure_names(self, records: pl.DataFrame, names: pl.Series, is_shared: pl.Series) -> pl.Series:
        self.unsure_names = pl.concat([self.unsure_names, names.filter(is_shared)])
        if self.unsure_names.is_empty():
            return pl.repeat(value=False, n=len(names), eager=True)
        return are_among(names, self.unsure_names) | records["facility_name"].str.contains(BEYOND_ASCII)


def are_among(hashes: pl.Series, before: pl.Series) -> pl.Series:
    """Say which of a batch's hashes are among those before."""
    found = before.filter(before.is_in(hashes.drop_nulls().implode()))  # so that the hash table is of the smaller one
    return hashes.is_in(found.implode()).fill_null(value=False)


def hash_rows(records: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    """Hash columns row by row; null where one of them is."""
    is_whole = pl.all_horizontal(pl.col(columns).is_not_null())
    hashes = (pl.struct(columns).hash() % 2**32).cast(pl.UInt32)
    return records.select(hashes=pl.when(is_whole).then(hashes))["hashes"]
