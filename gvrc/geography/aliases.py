"""Other names of places: what ships with the project, and what the user adds in ``config/ward_aliases.csv``.

An alias settles a spelling that no rule can settle: "this name, in this county and constituency, is that ward".
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Self

import polars as pl

from gvrc.errors import RulesError
from gvrc.geography.reference import DATA
from gvrc.structs import Struct

if TYPE_CHECKING:
    from pathlib import Path

USER_COLUMNS = ["alias", "county", "constituency", "ward"]
SCHEMA = pl.Schema(
    {"alias": pl.String, "county": pl.String, "constituency": pl.String, "ward": pl.String, "origin": pl.String}
)


class Aliases(Struct, frozen=True):
    """Three frames of other names; ``origin`` is the file and line to correct."""

    county: pl.DataFrame  # alias, county, origin
    constituency: pl.DataFrame  # alias, county, constituency, origin; an alias may name several constituencies
    ward: pl.DataFrame  # alias, county, constituency, ward, origin

    @classmethod
    def none(cls) -> Self:
        """No other names at all: only official spellings and the rules."""
        empty = SCHEMA.to_frame()
        return cls(empty.drop("constituency", "ward"), empty.drop("ward"), empty)


def read_aliases(user_file: Path | None = None) -> Aliases:
    """Read the shipped aliases and the user's; RulesError names the file and line of a row that cannot be used.

    Whether an alias names exactly one existing ward is checked by ``PlaceResolver``, which knows the wards.
    """
    added = [read_user_file(user_file)] if user_file else []
    return Aliases(
        county=read_shipped("county"),
        constituency=read_shipped("constituency"),
        ward=pl.concat([read_shipped("ward"), *added]),
    )


def read_shipped(level: str) -> pl.DataFrame:
    """Read the shipped aliases of one level; polars takes 6 ms for its first CSV file, the standard library 1 ms."""
    path = DATA / f"{level}_aliases.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        header = next(rows)
        read = [(*row, f"{path.name} line {rows.line_num}") for row in rows]
    return pl.DataFrame(read, dict.fromkeys((*header, "origin"), pl.String), orient="row").drop("source")


def read_user_file(path: Path) -> pl.DataFrame:
    """Read the user's ward aliases: columns alias, county, constituency, ward, all of them filled."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines, strict=True)
            header = [cell.strip() for cell in next(rows, [])]
            if header != USER_COLUMNS:
                raise RulesError(f"{path} line 1: the columns must be {','.join(USER_COLUMNS)}, not {','.join(header)}")
            read = [read_user_row(row, f"{path} line {rows.line_num}") for row in rows if any(map(str.strip, row))]
    except OSError as error:
        raise RulesError(
            f"{path}: cannot be read ({error.strerror}); check the setting of the ward alias file"
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise RulesError(f"{path}: is not a CSV file in UTF-8 ({error}); save it as one") from None
    return pl.DataFrame(read, SCHEMA, orient="row")


def read_user_row(row: list[str], origin: str) -> tuple[str, ...]:
    """Give the four cells and their origin."""
    cells = [cell.strip() for cell in row]
    if len(cells) != len(USER_COLUMNS) or not all(cells):
        raise RulesError(f"{origin}: alias, county, constituency and ward must all be given; fill the row or remove it")
    return (*cells, origin)
