"""A loader that comes to no end is ended, and what it was doing in the database with it."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from benchmarks import bench
from benchmarks.bench import SCENARIOS, Loader, run_round
from benchmarks.measure import NoEndError, Server, measure
from benchmarks.tables import print_table

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.measure import Cost

FOR_EVER = """
import sys
from gvrc.database import connect
with connect(sys.argv[1]) as database:
    database.execute("SELECT pg_sleep(600)")
"""
BUSY = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"


def test_a_command_that_takes_too_long_is_ended_with_its_statement(fresh_url: str) -> None:
    server = Server(fresh_url)

    with pytest.raises(NoEndError, match="took longer than 2 seconds"):
        measure([sys.executable, "-c", FOR_EVER, fresh_url], server, fresh_url, longest=2)

    server.wait_until_alone()
    assert server.ask(BUSY) == [0]


def test_a_loader_without_an_end_takes_no_further_part_and_the_table_says_so(
    fresh_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "measure", partial(measure, longest=3))
    quick = Loader("plain", ["-c", "pass"], ["-c", "pass"], [])
    slow = Loader("dlt", ["-c", "pass"], ["-c", "import time; time.sleep(600)"], [])
    costs: dict[tuple[int, str, str], list[Cost]] = {}
    for name in ("plain", "dlt"):
        costs |= {(1, scenario, name): [] for scenario in SCENARIOS}

    ended = run_round(
        Server(fresh_url), [(quick, fresh_url), (slow, fresh_url)], dict.fromkeys(SCENARIOS, tmp_path), 1, costs
    )
    print_table(1, SCENARIOS, ["plain", "dlt"], costs)

    assert ended == [slow]
    assert {name: len(costs[1, "first load", name]) for name in ("plain", "dlt")} == {"plain": 1, "dlt": 0}
    told = capsys.readouterr()
    assert told.err.count("dlt took longer than 3 seconds, and takes no further part") == 1
    assert "| first load | dlt | no end |" in told.out
