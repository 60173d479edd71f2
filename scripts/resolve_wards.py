#!/usr/bin/env python3
"""Find the ward of each place in a CSV list (columns county, constituency, ward; optional lat, lon, sub_county).

Writes the list with ward_code, ward, constituency, county, level, method, score, candidates, flags and suggestion. It
needs no database: places are matched against the official wards, unless --database-url names another reference.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import _environment  # noqa: F401

from gvrc.errors import UsageError
from gvrc.operating.console import end, settings_of
from gvrc.operating.ending import CommandLine
from gvrc.written import write_whole

if TYPE_CHECKING:
    import polars as pl

    from gvrc.geography import Aliases
    from gvrc.settings import Settings


def resolve_wards() -> int:
    """Answer the list; the account of it goes to standard error."""
    given = read_arguments()
    from gvrc.geography import PlaceResolver
    from gvrc.geography.listing import answer_list, describe_account
    from gvrc.placing import thresholds_of

    settings = settings_of(given)
    content = read_input(given.input)
    reference, ward_points = read_reference(given)
    resolver = PlaceResolver(
        reference,
        chosen_aliases(given, settings),
        thresholds_of(settings),
        settings.boundaries,
        ward_points=lambda: ward_points,
    )
    answers = answer_list(content, resolver, reference)
    write_output(given.output, answers.write_csv().encode())
    print(describe_account(answers), file=sys.stderr)
    return 0


def read_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = CommandLine(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("input", metavar="INPUT", help="CSV file, - for standard input")
    parser.add_argument("--output", metavar="FILE", help="where to write; standard output if not given")
    parser.add_argument("--database-url", metavar="URL", help="match against the wards of this database")
    parser.add_argument("--boundaries", metavar="FILE", help="GeoJSON of ward polygons, for the flag far_from_ward")
    parser.add_argument("--no-aliases", action="store_true", help="use no list of other names, shipped or added")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings: thresholds, ward_aliases")
    return parser.parse_args()


def read_input(name: str) -> bytes:
    """Read the list."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{name} cannot be read: {error.strerror}. Give a CSV file, or - for standard input."
        ) from None


def write_output(name: str | None, content: bytes) -> None:
    """Write the answers."""
    if name is None:
        sys.stdout.buffer.write(content)
        return
    try:
        write_whole(Path(name), content)
    except OSError as error:
        raise UsageError(f"{name} cannot be written: {error.strerror}. Give another --output.") from None


def read_reference(given: argparse.Namespace) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the wards to match, and where their facilities are if a database tells."""
    from gvrc.geography import read_shipped_reference
    from gvrc.geography.resolver import WARD_POINTS

    if given.database_url is None:
        return read_shipped_reference(), WARD_POINTS.to_frame()
    from gvrc.database import connect
    from gvrc.stopping import stoppable

    with connect(given.database_url) as database, stoppable(database):
        return database.read("reference"), database.read("ward_points")


def chosen_aliases(given: argparse.Namespace, settings: Settings) -> Aliases:
    """Read other names, unless none are wanted."""
    from gvrc.geography import Aliases
    from gvrc.placing import aliases_of

    return Aliases.none() if given.no_aliases else aliases_of(settings)


if __name__ == "__main__":
    end(resolve_wards)
