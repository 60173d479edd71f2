"""What each statement of a load costs the server: CPU seconds, by PostgreSQL's own ``log_statement_stats``.

python -m benchmarks.statements [--scale N] [--force]

An embedded server of its own, a fresh database, the N-fold list; with ``--force`` the second, unchanged run is told.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from typing import TYPE_CHECKING

from benchmarks.bench import IMPORTER, a_server, working_folder, write_data
from benchmarks.measure import run_cold

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.measure import Server

SHOWN = 30
STATISTICS = re.compile(
    r"(?:QUERY|PARSE MESSAGE|BIND MESSAGE|EXECUTE MESSAGE) STATISTICS.*?!\t([\d.]+) s user, ([\d.]+) s system"
    r".*?STATEMENT:\s+(.*?)(?=\n\d{4}-|\Z)",
    re.DOTALL,
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Tell the server's CPU seconds by statement.")
    parser.add_argument("--scale", type=int, default=1)
    parser.add_argument("--force", action="store_true", help="of a second run over unchanged files")
    arguments = parser.parse_args()
    with working_folder() as folder, a_server(None, folder) as server:
        path = write_data(folder / "list", arguments.scale)["first load"]
        load(server, path, folder / "server" / "postgres" / "log", arguments)


def load(server: Server, path: Path, log: Path, arguments: argparse.Namespace) -> None:
    url = server.new_database("gvrc_bench_statements")
    command = [sys.executable, IMPORTER, str(path), "--quiet", "--database-url", url]
    if arguments.force:
        run_cold(command, 0)
    before = log.stat().st_size
    server.run("ALTER DATABASE gvrc_bench_statements SET log_statement_stats = on")
    run_cold([*command, "--force"], 0)
    with log.open(errors="replace") as lines:
        lines.seek(before)
        print_seconds(lines.read())


def print_seconds(log: str) -> None:
    seconds: defaultdict[str, float] = defaultdict(float)
    for user, system, text in STATISTICS.findall(log):
        seconds[" ".join(re.sub(r"^\s*--.*$", "", text, flags=re.MULTILINE).split())[:90]] += float(user) + float(
            system
        )
    print(f"{sum(seconds.values()):8.3f}  all")
    for text, spent in sorted(seconds.items(), key=lambda row: -row[1])[:SHOWN]:
        print(f"{spent:8.3f}  {text}")


if __name__ == "__main__":
    main()
