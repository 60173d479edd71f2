"""A first load spares the questions that would find nothing; it meets what a load that asks them all meets."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from gvrc.brought import KEYS, BroughtKeys
from gvrc.database import connect
from gvrc.load import Loader
from gvrc.pipeline import run
from tests.settled.test_settled import stands, told
from tests.test_pipeline import CLINIC, END_OTHERS, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

MADE_CODE = "A-0123456789ab"
RECORDS = st.builds(
    lambda *given: CLINIC | dict(zip(("code", "id", "name", "phone"), given, strict=True)),
    st.sampled_from([None, 13080, 13081, MADE_CODE]),
    st.sampled_from([None, "7f0c8a52-0000-4000-8000-000000000001", "7f0c8a52-0000-4000-8000-000000000002"]),
    st.sampled_from(["Mukuru Clinic", "Mukuru Kayole Clinic", "Safe House"]),
    st.sampled_from(["0700000016", "0700000017"]),
)


@examples(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RECORDS, min_size=2, max_size=7), st.lists(RECORDS, max_size=3))
def test_a_first_load_meets_what_a_load_that_asks_everything_meets(
    settings: Settings,
    tmp_path: Path,
    further_urls: Callable[[], str],
    first: list[dict[str, Any]],
    second: list[dict[str, Any]],
) -> None:
    paths = [write(tmp_path, name, records) for name, records in (("a.json", first), ("b.json", second)) if records]
    short, long = run_both_ways(paths, settings, further_urls, batch_size=2)
    assert short == long


def run_both_ways(
    paths: list[str], settings: Settings, further_urls: Callable[[], str], batch_size: int
) -> list[dict[str, list[str]]]:
    """Run files into two empty databases, into one of them with every question asked; give what stands in each."""
    accounts, databases = [], []
    for asks_everything in (False, True):
        url = further_urls()
        with pytest.MonkeyPatch.context() as changed:
            if asks_everything:
                changed.setattr(Loader, "begin_first_load", lambda _: None)
            accounts.append(run(paths, msgspec.structs.replace(settings, database_url=url, batch_size=batch_size)))
        with connect(url) as database:
            databases.append(stands(database))
    assert told(accounts[0]) == told(accounts[1])
    return databases


def test_a_code_that_the_run_itself_has_made_is_met(
    settings: Settings, fresh: Database, tmp_path: Path, further_urls: Callable[[], str]
) -> None:
    nameless = CLINIC | {"code": None}
    run([write(tmp_path, "a.json", [nameless])], settings)
    (made,) = rows(fresh, "SELECT facility_code FROM facilities")
    again = CLINIC | {"code": made["facility_code"], "name": "Mukuru Recovery Clinic"}  # so it is not met by its name
    short, long = run_both_ways([write(tmp_path, "a.json", [nameless, again])], settings, further_urls, batch_size=1)
    assert short == long
    assert len(short["facilities"]) == 1


def test_after_a_lost_connection_everything_is_asked_again(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge, calls = Loader.merge, itertools.count()

    def lose(loader: Loader, staged: Any) -> Any:
        if next(calls) == 1:  # the second batch, the first time: while it is lost, another importer has had the lock
            loader.database.execute("ROLLBACK")
            fresh.execute("INSERT INTO facilities (facility_name, facility_code) VALUES ('Clinic 1', '13091')")
            fresh.execute(END_OTHERS)
        return merge(loader, staged)

    monkeypatch.setattr(Loader, "merge", lose)
    records = [CLINIC | {"code": 13_090 + number, "name": f"Clinic {number}"} for number in range(2)]
    account = run(
        [write(tmp_path, "a.json", records)], msgspec.structs.replace(settings, batch_size=1, retry_wait_seconds=0.01)
    )
    assert (account.totals()["inserted"], account.totals()["updated"]) == (1, 1)


def batch(*records: tuple[str | None, str | None, str]) -> pl.DataFrame:
    columns = ("facility_code", "source_key", "content_hash")
    return pl.DataFrame(
        [dict(zip(columns, record, strict=True)) | {"source": "a"} for record in records],
        schema=dict.fromkeys((*columns, "source"), pl.String),
    )


def test_a_question_is_asked_as_soon_as_one_key_of_a_batch_was_brought() -> None:
    brought = BroughtKeys()
    assert brought.add(batch(("1", "k1", "c1"), ("2", None, "c2"))) == KEYS.keys()
    assert brought.add(batch(("3", None, "c3"), (None, "k2", "c4"))) == KEYS.keys()
    assert brought.add(batch(("4", "k3", "c5"), ("2", None, "c6"))) == {"meet_by_content", "meet_by_source_key"}
    assert brought.add(batch(("5", "k2", "c7"))) == {"meet_by_content", "meet_by_code"}
    assert brought.add(batch(("6", None, "c7"))) == {"meet_by_code", "meet_by_source_key"}
    assert brought.add(batch((MADE_CODE, None, "c8"))) == {"meet_by_content", "meet_by_source_key"}


def test_only_a_load_into_an_empty_directory_spares_questions(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spared = []
    merge = Loader.merge

    def note(loader: Loader, staged: Any) -> Any:
        refused = merge(loader, staged)
        spared.append(set(loader.unmet))
        return refused

    monkeypatch.setattr(Loader, "merge", note)
    one_a_batch = msgspec.structs.replace(settings, batch_size=1)
    records = [CLINIC | {"code": 13_090 + number, "name": f"Clinic {number}"} for number in range(4)]
    run([write(tmp_path, "a.json", records[:2])], one_a_batch)
    run([write(tmp_path, "a.json", records[2:])], one_a_batch)
    assert spared == list(itertools.chain([set(KEYS)] * 2, [set()] * 2))
    assert len(rows(fresh, "SELECT 1 FROM facilities")) == len(records)
