"""The text of records as they came: a record is recognised by it, and a reject is kept as it.

It is four fifths of the memory of a batch, and hardly ever needed once its record has landed: a batch keeps it packed.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORTH_PACKING = 65_536  # bytes; packing fewer takes as long, and saves nothing
PLACE = ("file_no", "record_number")


def hash_contents(contents: Iterable[Any]) -> list[str]:
    """Hash records, each the bytes of its text: 128 bits of the sha256, hexadecimal."""
    return [hashlib.sha256(content).hexdigest()[:32] for content in contents]


def hash_texts(raw: pl.Series) -> pl.Series:
    """Give the ``content_hash`` of the texts of records."""
    return pl.Series("content_hash", hash_contents(raw.cast(pl.Binary)), pl.String)


class Packed(NamedTuple):
    """The texts of some records of a file, as an Arrow file with the columns file_no, record_number and raw."""

    file_no: int
    first: int  # record_number
    last: int
    content: bytes


class PackedTexts:
    """The texts of the records of a batch."""

    def __init__(self) -> None:
        self.parts: list[Packed] = []

    @property
    def size(self) -> int:
        """Count the bytes that they occupy."""
        return sum(len(part.content) for part in self.parts)

    def pack(self, records: pl.DataFrame) -> pl.DataFrame:
        """Take the texts of records of one file, in their order, out of their frame; ``raw`` is then null."""
        if records["raw"].estimated_size() < WORTH_PACKING:
            return records
        packed = BytesIO()
        records.select(*PLACE, "raw").write_ipc(packed, compression="zstd")
        numbers = records["record_number"]
        self.parts.append(Packed(records["file_no"][0], numbers[0], numbers[-1], packed.getvalue()))
        return records.with_columns(raw=pl.lit(None, pl.String))

    def take(self, others: PackedTexts) -> None:
        """Take over the texts of other records."""
        self.parts += others.parts

    def forget(self, file_no: int) -> None:
        """Drop the texts of a file that failed."""
        self.parts = [part for part in self.parts if part.file_no != file_no]

    def unpack(self, records: pl.DataFrame) -> pl.DataFrame:
        """Fill in the ``raw`` of records that is packed; rows and their order stay."""
        places = records.filter(pl.col("raw").is_null()).select(PLACE)
        if places.is_empty():
            return records
        texts = pl.concat(self._texts(places))
        return (
            records.join(texts, on=PLACE, how="left", suffix="_packed", validate="m:1", maintain_order="left")
            .with_columns(raw=pl.coalesce("raw", "raw_packed"))
            .drop("raw_packed")
        )

    def _texts(self, places: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Give the texts (PLACE, raw) of records, part by part."""
        for part in self.parts:
            is_inside = (pl.col("file_no") == part.file_no) & pl.col("record_number").is_between(part.first, part.last)
            wanted = places.filter(is_inside)
            if not wanted.is_empty():
                yield pl.read_ipc(part.content).join(wanted, on=PLACE, how="semi")
