"""``make bench``: our importer beside the plain loader, whole cold processes, on the same data and server.

    python -m benchmarks.bench [--scale 1 10 80] [--rounds N] [--only NAME ...] [--database-url URL]

In every round each loader gets a new database and goes through the scenarios; in each scenario the loaders run one
after the other, in turns who is first, so that what the machine does besides falls on all alike. The tables are
Markdown, for docs/performance.md. DuckDB and dlt take part when they are installed in ``.venv-bench``.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.goals import print_goals
from benchmarks.measure import Cost, NoEndError, Server, measure, run_cold
from benchmarks.tables import print_table, print_title
from gvrc.embedded import start_embedded, stop_embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = {1: 5, 10: 3, 80: 1}  # by scale; at 80 a round takes minutes and spreads little
SCENARIOS = ["tables", "first load", "unchanged", "unchanged, forced", "1 % changed", "one file"]
DELIVERED = {"first load", "1 % changed", "one file"}  # scenarios in which files have just come
IMPORTER = "scripts/production_json_importer.py"


class Loader(NamedTuple):
    """A loader that takes part: the arguments of Python that make its tables, that load, that load again."""

    name: str
    make_tables: list[str]
    load: list[str]
    force: list[str]

    def command(self, scenario: str, url: str, path: Path) -> list[str]:
        """Give the command line of a scenario; plain loaders have nothing to force."""
        if scenario == "tables":
            return [sys.executable, *self.make_tables, url]
        force = self.force if scenario == "unchanged, forced" else []
        if self.name == "gvrc":
            return [sys.executable, *self.load, str(path), *force, "--database-url", url]
        return [sys.executable, *self.load, url, str(path)]


LOADERS = [
    Loader("gvrc", ["scripts/migrate.py", "--database-url"], [IMPORTER], ["--force"]),
    Loader("plain", ["-m", "benchmarks.baseline"], ["-m", "benchmarks.baseline"], []),
    Loader("duckdb", ["-m", "benchmarks.with_duckdb"], ["-m", "benchmarks.with_duckdb"], []),
    Loader("dlt", ["-m", "benchmarks.with_dlt"], ["-m", "benchmarks.with_dlt"], []),
]
NEEDS = {"duckdb": "duckdb_extension_postgres_scanner", "dlt": "dlt"}
STARTS = {  # what must answer at once, and the exit status that it ends with
    "--help": (["--help"], 0),
    "a wrong option": (["--no-such-option"], 2),
    "a missing file": (["no-such-file.json"], 2),
}


def main() -> int:
    arguments = parse_arguments()
    costs: dict[tuple[int, str, str], list[Cost]] = defaultdict(list)
    starts: dict[str, list[float]] = {}
    with working_folder() as folder, a_server(arguments.database_url, folder) as server:
        loaders = [loader for loader in LOADERS if takes_part(loader, arguments.only)]
        for scale in arguments.scale:
            data = write_data(folder / f"x{scale}", scale)
            running = list(loaders)
            for number in range(arguments.rounds or ROUNDS.get(scale, 3)):
                in_turns = running if number % 2 else running[::-1]
                names = [f"gvrc_bench_{loader.name}_x{scale}_{number}" for loader in in_turns]
                urls = list(map(server.new_database, names))
                ended = run_round(server, list(zip(in_turns, urls, strict=True)), data, scale, costs)
                running = [loader for loader in running if loader not in ended]
                for url in urls:  # else autovacuum does it while the next round is measured
                    server.run("VACUUM (ANALYZE)", url)
            shutil.rmtree(folder / f"x{scale}")
        print_title(server.version)
        if loaders[0].name == "gvrc":
            starts = {name: time_starts(*start) for name, start in STARTS.items()}
    for scale in arguments.scale:
        print_table(scale, SCENARIOS, [loader.name for loader in loaders], costs)
    return 0 if print_goals(arguments.scale, costs, starts) else 1


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the importer beside plain loaders.")
    parser.add_argument("--scale", type=int, nargs="+", default=[1, 10], help="copies of the list (1, 10, 80)")
    parser.add_argument("--rounds", type=int, help="default: 5 at scale 1, 3 at 10, 1 at 80")
    parser.add_argument("--only", nargs="+", choices=[loader.name for loader in LOADERS])
    parser.add_argument("--database-url", help="a server to make databases on; default: an embedded one")
    return parser.parse_args()


def takes_part(loader: Loader, only: list[str] | None) -> bool:
    if only:
        return loader.name in only
    return loader.name not in NEEDS or importlib.util.find_spec(NEEDS[loader.name]) is not None


@contextmanager
def working_folder() -> Iterator[Path]:
    """Make a temporary folder, where our commands put logs and rejects too, and remove it at the end.

    The embedded server's own OS user must be able to pass it.
    """
    with tempfile.TemporaryDirectory(prefix="gvrc-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.environ |= {f"GVRC_{kind}_DIR": str(folder / kind.lower()) for kind in ("DATA", "LOGS", "REPORTS")}
        yield folder


@contextmanager
def a_server(database_url: str | None, folder: Path) -> Iterator[Server]:
    if database_url:
        server = Server(database_url)
        try:
            yield server
        finally:
            server.drop_databases()
        return
    data = folder / "server" / "postgres"
    try:
        yield Server(start_embedded(data))
    finally:
        stop_embedded(data)


def write_data(folder: Path, scale: int) -> dict[str, Path]:
    """Write what the scenarios load; the one file is a county's 1,005 facilities that the database has not seen."""
    from benchmarks.scale import write_scaled

    write_scaled(folder / "all", range(scale))
    write_scaled(folder / "changed", range(scale), changed=True)
    write_scaled(folder / "one", range(scale, scale + 1), only="nairobi")
    special = {"1 % changed": folder / "changed", "one file": folder / "one" / "nairobi.json"}
    return {scenario: special.get(scenario, folder / "all") for scenario in SCENARIOS}


def run_round(
    server: Server,
    loaders: list[tuple[Loader, str]],
    data: dict[str, Path],
    scale: int,
    costs: dict[tuple[int, str, str], list[Cost]],
) -> list[Loader]:
    """Measure all loaders in all scenarios; give those that came to no end, and are left out from there on."""
    ended: list[Loader] = []
    for scenario, path in data.items():
        if scenario in DELIVERED:
            deliver(path)
        for loader, url in loaders:
            if loader in ended:
                continue
            try:
                cost = measure(loader.command(scenario, url, path), server, url)
            except NoEndError as error:
                print(f"  x{scale} {scenario}: {loader.name} {error}, and takes no further part", file=sys.stderr)
                ended.append(loader)
                continue
            costs[scale, scenario, loader.name].append(cost)
            print(f"  x{scale} {scenario}: {loader.name} {cost.wall:.2f} s", file=sys.stderr)
    return ended


def deliver(path: Path) -> None:
    """Give the files the time of now, as a source does: the importer expects to read what came since its last run."""
    for file in path.iterdir() if path.is_dir() else [path]:
        os.utime(file)


def time_starts(options: list[str], expected_status: int) -> list[float]:
    command = [sys.executable, IMPORTER, *options]
    return [run_cold(command, expected_status)[0] for _ in range(5)]


if __name__ == "__main__":
    sys.exit(main())
