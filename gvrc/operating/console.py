"""What the commands in ``scripts/`` have in common: the options for settings and database, and how they end."""

from __future__ import annotations

import argparse
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from gvrc.errors import DatabaseUnavailableError
from gvrc.operating.ending import CommandLine, leave, run_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gvrc.database import Database
    from gvrc.settings import Settings


def parser_for(description: str | None) -> argparse.ArgumentParser:
    """Make a parser with the options that every command has; ``description`` is the script's docstring."""
    parser = CommandLine(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="YAML file of settings (see config/example.yaml)")
    parser.add_argument(
        "--database-url", metavar="URL", help="the database; else DATABASE_URL, else the embedded PostgreSQL"
    )
    parser.set_defaults(summary=None, quiet=False, log_level=None)  # of commands that have no such option
    return parser


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Read the settings: file, environment, and the options that are settings."""
    from gvrc.settings import KINDS, read_settings

    options = {name: value for name, value in vars(arguments).items() if name in KINDS}
    return read_settings(arguments.config, os.environ, options)


@contextmanager
def open_database(settings: Settings, *, may_create: bool = False) -> Iterator[Database]:
    """Connect to the database of the settings, or to the embedded one if none is named. Ctrl-C ends its current work.

    Raises:
        DatabaseUnavailableError: it cannot be reached; or the embedded one is not there yet and may not be created.
    """
    from gvrc.connecting import find_database
    from gvrc.database import connect
    from gvrc.stopping import stoppable

    if not may_create:
        demand_database(settings)
    with connect(find_database(settings)[0]) as database, stoppable(database):
        yield database


def demand_database(settings: Settings) -> None:
    """Go on only where a database is named, or the embedded one was made before."""
    if settings.database_url is None:
        from gvrc.embedded import data_folder

        if not data_folder().exists():
            raise DatabaseUnavailableError("There is no database yet: make import, or set DATABASE_URL.")


def end(act: Callable[[], int]) -> NoReturn:
    """Do what a command does and end the process with its exit status."""
    leave(run_command(act))


def print_table(rows: Sequence[Mapping[str, object]]) -> None:
    """Print rows in columns: numbers to the right, with separators for thousands; nothing if there are no rows."""
    if not rows:
        return
    names = list(rows[0])
    cells = [names, *([shown(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    to_the_right = [isinstance(rows[0][name], int | float) for name in names]
    for line in cells:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, to_the_right, strict=True)
        )
        print("  ".join(padded).rstrip())  # noqa: T201 - this is what the command prints
    print()  # noqa: T201


def shown(value: object) -> str:
    """Show one value for people."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
