#!/usr/bin/env python3
"""Tune the database: the guide's indexes, fresh statistics, the slowest statements.

On a fresh database the guide's indexes are made (without stopping readers and writers); those that a failed attempt
left invalid are dropped first. On a managed one they are made only with --create-indexes: its schema is the
application's.
"""

from __future__ import annotations

import _environment  # noqa: F401

from gvrc.operating.console import end, open_database, parser_for, print_table, settings_of


def tune() -> int:
    """Make indexes, analyze, and show slow statements where asked."""
    parser = parser_for(__doc__)
    parser.add_argument("--create-indexes", action="store_true", help="make the indexes on a managed database too")
    parser.add_argument("--slow-queries", action="store_true", help="show the ten slowest statements, nothing else")
    arguments = parser.parse_args()
    settings = settings_of(arguments)
    from gvrc.operating.tune import make_indexes, slow_queries

    with open_database(settings) as database:
        if arguments.slow_queries:
            word, rows = slow_queries(database)
            print_table(rows)
            print(word)
            return 0
        tuning = make_indexes(database, even_managed=arguments.create_indexes)
        database.run("analyze_directory")
    for name in tuning.made:
        print(f"made       {name}")
    for name, other in tuning.redundant.items():
        print(f"redundant  {name}: {other} serves the same queries; DROP INDEX CONCURRENTLY {name} saves writing it")
    for name in tuning.missing:
        print(f"missing    {name}: this database is managed; --create-indexes makes it")
    print("analyzed")
    return 0


if __name__ == "__main__":
    end(tune)
