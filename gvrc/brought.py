"""The keys that a first load has brought: what shares none with anything else meets nothing, and need not be asked for.

Into an empty directory come the run's own facilities only. To look for the content, the code and the source key of each
record among what the batches before had brought took a tenth of the server's time, at eighty-fold a quarter.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

KEYS: Final = {  # what is compared by the statements of sql/merge/1_meet.sql that can be spared
    "meet_by_content": ("source", "content_hash"),
    "meet_by_code": ("facility_code",),
    "meet_by_source_key": ("source", "source_key"),
}
LONE_KEYS: Final = {**KEYS, "refuse_claimed_numbers": ("registration_number",)}
PLACE: Final = ("facility_name", "constituency_id")
LOOKS_GENERATED: Final = "-[0-9a-f]{12}$"  # the database makes such codes, of which nothing is known here
BEYOND_ASCII: Final = r"[^\x00-\x7f]"  # the database's lower() may be another than ours


class Parted(NamedTuple):
    """What a batch's keys tell."""

    lone: pl.Series  # row_no of the records that share no key with any other
    unmet: frozenset[str]  # the statements that would find nothing


class BroughtKeys:
    """Remembers a hash of 8 bytes for each key; two keys of one hash cost a question."""

    def __init__(self) -> None:
        self.brought = {key: pl.Series(dtype=pl.UInt64) for key in LONE_KEYS}
        self.unsure_places = pl.Series(dtype=pl.UInt64)  # of records that have no code of their own, or may lose it

    def part(self, records: pl.DataFrame) -> Parted:
        """Part the staged records of a batch, and add their keys.

        A record that is not lone may be met by its name, or its facility may: it, or another one, goes without a code.
        Whoever has its name in its constituency is not lone either.
        """
        is_generated = records["facility_code"].str.contains(LOOKS_GENERATED).fill_null(value=False)
        is_shared = records["facility_code"].is_null() | is_generated | records["answers"].is_not_null()
        unmet = set(KEYS) - ({"meet_by_code"} if is_generated.any() else set())
        for key, columns in LONE_KEYS.items():
            hashes = hash_rows(records, columns)
            is_known = self._are_brought(key, hashes)
            is_shared |= is_known | (hashes.is_duplicated() & hashes.is_not_null())
            unmet -= {key} if is_known.any() else set()
            self.brought[key] = pl.concat([self.brought[key], hashes.drop_nulls()])
        is_shared |= self._have_unsure_places(records, is_shared)
        return Parted(records["row_no"].filter(~is_shared), frozenset(unmet))

    def _are_brought(self, key: str, hashes: pl.Series) -> pl.Series:
        before = self.brought[key]
        found = before.filter(before.is_in(hashes.drop_nulls().implode()))  # of the two, a table is made of the few
        return hashes.is_in(found.implode()).fill_null(value=False)

    def _have_unsure_places(self, records: pl.DataFrame, is_shared: pl.Series) -> pl.Series:
        places = hash_rows(records.with_columns(pl.col("facility_name").str.to_lowercase()), PLACE)
        self.unsure_places = pl.concat([self.unsure_places, places.filter(is_shared).drop_nulls()]).unique()
        if self.unsure_places.is_empty():
            return pl.repeat(value=False, n=len(records), eager=True)
        cannot_tell = records["facility_name"].str.contains(BEYOND_ASCII)
        return places.is_in(self.unsure_places.implode()).fill_null(value=False) | cannot_tell


def hash_rows(records: pl.DataFrame, columns: tuple[str, ...]) -> pl.Series:
    """Hash columns row by row; null where one of them is."""
    is_whole = pl.all_horizontal(pl.col(columns).is_not_null())
    return records.select(hashes=pl.when(is_whole).then(pl.struct(columns).hash()))["hashes"]
