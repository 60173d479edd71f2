"""Records that were found -> a frame of the fields that each says something of.

It is separate from finding them: of a file that comes again, hardly a record is opened, and importing what opens them
takes as long as finding a thousand records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from gvrc.columns import EXTRACTED, ISSUE_PREFIX
from gvrc.reading.fields import EXTRACT_ISSUES, fields_of
from gvrc.reading.people import refuse_people
from gvrc.reading.raw import hash_contents
from gvrc.reading.records import Records, read_elements
from gvrc.reading.shared_points import POINT_FIELDS
from gvrc.rejects import nobodys_of
from gvrc.values.text import masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvrc.extract import FileReading
    from gvrc.meaning.meanings import Keys
    from gvrc.reading.elements import Elements
    from gvrc.reading.shared_points import Point


def open_elements(
    elements: Elements, file_no: int, numbers: Sequence[int], keys: Keys, reading: FileReading
) -> tuple[pl.DataFrame, dict[int, tuple[str, str]]]:
    """Read records of a file as a frame of ``columns.EXTRACTED`` and the issue columns that extract may set.

    Records that nobody can read, or that are people, come as rejects: by row, with reason and detail.
    """
    # The records themselves are freed before the next ones are read, so that their memory can be used again.
    records = refuse_people(read_elements(elements), elements, keys)
    return frame_of(file_no, numbers, reading, keys, records), records.rejects


def frame_of(file_no: int, numbers: Sequence[int], reading: FileReading, keys: Keys, records: Records) -> pl.DataFrame:
    """Give the frame of records that were read."""
    rows = len(records.texts)
    values = fields_of(records, keys, reading)
    raw = pl.Series(records.texts, dtype=pl.String) if records.raw is None else records.raw
    values |= {
        "file_no": pl.Series([file_no], dtype=pl.Int64).new_from_index(0, rows),
        "record_number": pl.Series(list(numbers), dtype=pl.Int64),
        "raw": raw,
        "content_hash": pl.Series(hash_contents(map(str.encode, records.texts)), dtype=pl.String),
    }
    if records.rejects:
        values["reject_reason"] = _sparse({row: reason for row, (reason, _) in records.rejects.items()}, rows)
        values["reject_detail"] = _sparse({row: detail for row, (_, detail) in records.rejects.items()}, rows)
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, rows)
    return pl.DataFrame([values.get(name, nothing).alias(name) for name in (*EXTRACTED, *EXTRACT_ISSUES)])


def _sparse(values: dict[int, str], rows: int) -> pl.Series:
    return pl.Series([values.get(row) for row in range(rows)], dtype=pl.String)


def without_points(records: pl.DataFrame, points: frozenset[Point]) -> pl.DataFrame:
    """Remove from records the points that are no facility's own (``shared_points``): issue ``coordinates_shared``."""
    said = pl.struct(POINT_FIELDS)
    shared = pl.DataFrame(list(points), schema=dict.fromkeys(POINT_FIELDS, pl.String), orient="row")
    is_shared = records.select(said.is_in(shared.to_struct().implode()))[POINT_FIELDS[0]]
    return _without(records, is_shared)


def without_nobodys_points(records: pl.DataFrame) -> pl.DataFrame:
    """Remove them from rejects that come back, too, whose lists are not there; a point that was corrected stays."""
    said = POINT_TOLD.str.replace_many(["{", "}"], ["(", ")"])  # as in a header
    is_shared = records.select(nobodys_of(pl.col("raw")).list.contains(said).fill_null(value=False)).to_series()
    return _without(records, is_shared) if is_shared.any() else records


def _without(records: pl.DataFrame, is_shared: pl.Series) -> pl.DataFrame:
    """Remove the points of some of the records, and remember them: as issues, and for those that are rejected."""
    nobodys = pl.concat_str("nobodys", POINT_TOLD, separator="\n", ignore_nulls=True)
    return records.with_columns(
        pl.when(pl.lit(is_shared)).then(masked(POINT_TOLD)).alias(f"{ISSUE_PREFIX}coordinates_shared"),
        pl.when(pl.lit(is_shared)).then(nobodys).otherwise("nobodys").alias("nobodys"),
        *(pl.when(~pl.lit(is_shared)).then(field).alias(field) for field in POINT_FIELDS),
    )


LONGEST_TOLD: Final = 200  # characters: a polygon may have megabytes
POINT_TOLD: Final = pl.concat_str(POINT_FIELDS, separator=", ", ignore_nulls=True).str.slice(0, LONGEST_TOLD)
