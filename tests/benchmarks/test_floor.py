"""What no loader can go below is measured of every table that a run fills."""

from __future__ import annotations

from benchmarks.floor import written_again
from benchmarks.measure import Server
from gvrc.database import connect


def test_a_table_without_an_index_is_written_again_too(empty_url: str) -> None:
    with connect(empty_url) as database:
        database.execute("CREATE TABLE plain (number integer)")
        database.execute("INSERT INTO plain SELECT generate_series(1, 200)")
        database.execute("SELECT pg_stat_force_next_flush()")
    into_indexes, indexed_after = written_again(Server(empty_url), empty_url)
    assert into_indexes > 0
    assert indexed_after > 0
