#!/usr/bin/env python3
"""Open the configured database in psql; further arguments are psql's own, such as -c "SELECT 1"."""

import argparse
import os
import sys
from typing import NoReturn

import _environment  # noqa: F401

from gvrc.operating.console import end, parser_for, settings_of


def main() -> int:
    """Become psql, or stop the embedded server."""
    parser = parser_for(__doc__)
    parser.add_argument("--stop", action="store_true", help="stop the embedded server")
    arguments, psql_arguments = parser.parse_known_args()
    if arguments.stop:
        from gvrc.embedded import stop_embedded

        print("The embedded server was stopped." if stop_embedded() else "The embedded server was not running.")
        return 0
    return become_psql(arguments, psql_arguments)


def become_psql(arguments: argparse.Namespace, psql_arguments: list[str]) -> NoReturn:
    """Hand this process over to psql."""
    from gvrc.connecting import find_database
    from gvrc.psql import psql_call

    url, _ = find_database(settings_of(arguments))
    program, environment, shown_url = psql_call(url, os.environ)
    sys.stdout.flush()
    os.execve(program, [program, "--dbname", shown_url, *psql_arguments], environment)  # noqa: S606 - psql, as asked


if __name__ == "__main__":
    end(main)
