"""The keys that a first load has brought: a batch that has none of them meets nothing, and does not ask.

Into an empty directory come the run's own facilities only. To look for the content, the code and the source key of each
record among what the batches before had brought took a tenth of the server's time, at eighty-fold a quarter.
"""

from __future__ import annotations

from typing import Final

import polars as pl

KEYS: Final = {  # what is compared by the statements of sql/merge/1_meet.sql that can be spared
    "meet_by_content": ("source", "content_hash"),
    "meet_by_code": ("facility_code",),
    "meet_by_source_key": ("source", "source_key"),
}
LOOKS_GENERATED: Final = "-[0-9a-f]{12}$"  # the database makes such codes, of which nothing is known here


class BroughtKeys:
    """Remembers a hash of 8 bytes for each key; two keys of one hash cost a question."""

    def __init__(self) -> None:
        self.brought = {statement: pl.Series(dtype=pl.UInt64) for statement in KEYS}

    def add(self, accepted: pl.DataFrame) -> frozenset[str]:
        """Add the keys of a batch, and give the statements that would find nothing."""
        met = accepted["facility_code"].str.contains(LOOKS_GENERATED).any()
        unmet = {"meet_by_code"} if met else set()
        return frozenset(KEYS) - unmet - {statement for statement in KEYS if self._add_hashes(statement, accepted)}

    def _add_hashes(self, statement: str, accepted: pl.DataFrame) -> bool:
        hashes = accepted.select(KEYS[statement]).drop_nulls().hash_rows()
        before = self.brought[statement]
        self.brought[statement] = pl.concat([before, hashes])
        return bool(before.is_in(hashes.implode()).any())  # of the two, a table is made of the few
