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

from gvrc.database import connect
from gvrc.load import Loader
from gvrc.loading.brought import KEYS, BroughtKeys
from gvrc.loading.staging import name_key
from gvrc.pipeline import Options, run
from tests.settled.test_settled import OWN, rows_of, shown, stands, told
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
    """Run files into two empty databases, into one of them with every question asked; give what stands in each.

    A forced run after it writes nothing in either, but of a record that was refused as ambiguous: a later one may have
    brought the code that tells.
    """
    accounts, databases = [], []
    for asks_everything in (False, True):
        changed = msgspec.structs.replace(settings, database_url=further_urls(), batch_size=batch_size)
        with pytest.MonkeyPatch.context() as patched:
            if asks_everything:
                patched.setattr(Loader, "begin_first_load", lambda _, **__: None)
            accounts.append(run(paths, changed))
        with connect(str(changed.database_url)) as database:
            databases.append(stands(database) | remembered(database))
            again = run(paths, changed, Options(force=True)).totals()
            assert accounts[-1].totals()["rejected"] or again["inserted"] == again["updated"] == 0
    assert told(accounts[0]) == told(accounts[1])
    return databases


def remembered(database: Database) -> dict[str, list[str]]:
    """Give the changes, and which facilities are settled, without the numbers that are each database's own."""
    codes = {row["facility_id"]: row["facility_code"] for row in rows(database, "SELECT * FROM facilities")}
    changes, settled = (rows_of(database, table) for table in ("etl.changes", "etl.settled_facilities"))
    for change in changes:
        images = (change.pop(name) or {} for name in ("before", "after"))
        change["images"] = [
            {key: image[key] for key in sorted(image.keys() - OWN - {"facility_id"})} for image in images
        ]
    return {
        "etl.changes": sorted(shown(without(row, "change_id", "row_id"), codes) for row in changes),
        "etl.settled_facilities": sorted(shown(without(row, "state"), codes) for row in settled),
    }


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in names}


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


COLUMNS = ("facility_code", "source_key", "content_hash")
PLAIN = {
    "source": "a",
    "source_key": None,
    "registration_number": None,
    "answers": None,
    "constituency_id": 7,
}
ALL = KEYS.keys() | {"meet_by_name"}
NUMBERS = itertools.count()


def batch(*records: dict[str, Any]) -> pl.DataFrame:
    texts = dict.fromkeys((*COLUMNS, "registration_number", "answers", "facility_name", "source"), pl.String)
    others = [f"Clinic {next(NUMBERS)}" for _ in records]
    known = [
        PLAIN | {"row_no": row_no, "content_hash": other, "facility_name": other} | record
        for row_no, (record, other) in enumerate(zip(records, others, strict=True))
    ]
    staged = pl.DataFrame(known, schema=texts | {"constituency_id": pl.Int64, "row_no": pl.Int64})
    return staged.with_columns(name_key=name_key(pl.col("facility_name")))


def lone(brought: BroughtKeys, *records: dict[str, Any]) -> list[int]:
    return brought.compare(batch(*records)).lone.to_list()


def test_a_question_is_asked_as_soon_as_one_key_of_a_batch_was_brought() -> None:
    brought = BroughtKeys()

    def needless(*keys: tuple[str | None, str | None, str]) -> frozenset[str]:
        return brought.compare(batch(*(dict(zip(COLUMNS, key, strict=True)) for key in keys))).needless

    assert needless(("1", "k1", "c1"), ("2", None, "c2")) == ALL
    assert needless(("3", None, "c3"), (None, "k2", "c4")) == ALL
    assert needless(("4", "k3", "c5"), ("2", None, "c6")) == {"meet_by_content", "meet_by_source_key"}
    assert needless(("5", "k2", "c7")) == ALL - {"meet_by_source_key"}
    assert needless(("6", None, "c7")) == ALL - {"meet_by_content"}
    assert needless((MADE_CODE, None, "c8")) == {"meet_by_content", "meet_by_source_key"}


@pytest.mark.parametrize(
    ("records", "is_met"),
    [
        ([(None, "Kibra Shelter")], False),
        ([("2", "St Marys Clinic")], False),  # it has a code: met are the few generated ones
        ([(None, "ST MARYS CLINIC")], True),
        ([(None, "Kibra Shelter"), ("2", "Kibra-Shelter")], True),
        ([(None, "Kibra Shelter"), (None, "Kibra Shelter")], True),
        ([("2", "Kibra Clinic"), (None, "Cl\u00ednica")], True),  # which the database may fold otherwise
        ([("1", "Kibra Clinic")], True),  # its code is borne: it may lose it
    ],
)
def test_a_record_without_a_code_is_looked_for_by_name_where_one_of_that_name_was_brought(
    records: list[tuple[str | None, str]], is_met: bool
) -> None:
    brought = BroughtKeys()
    first, *later = (
        batch(*({"facility_code": code, "facility_name": name} for code, name in part))
        for part in ([("1", "St. Mary's Clinic")], records)
    )
    brought.compare(first)
    assert [("meet_by_name" in brought.compare(one).needless) for one in later] == [not is_met]


@pytest.mark.parametrize(
    "shared",
    [
        {"facility_code": "1"},
        {"source_key": "k"},
        {"content_hash": "c"},
        {"registration_number": "GK-1"},
    ],
)
def test_a_record_is_lone_that_shares_no_key_with_another_of_its_batch_or_of_one_before(shared: dict[str, str]) -> None:
    brought = BroughtKeys()
    one, other = {"facility_code": "2"} | shared, {"facility_code": "3"} | shared
    assert lone(brought, one, {"facility_code": "4"}, other) == [1]
    assert lone(brought, {"facility_code": "5"}, {"facility_code": "6"} | shared) == [0]


def test_a_record_without_a_code_of_its_own_is_not_lone_nor_is_who_has_its_name() -> None:
    name = {"facility_name": "Safe House"}
    for unsure in ({"facility_code": None}, {"facility_code": MADE_CODE}, {"facility_code": "1", "answers": "c"}):
        brought = BroughtKeys()
        assert lone(brought, unsure | name, {"facility_code": "3", "facility_name": "SAFE House"}) == []
        assert lone(brought, name | {"facility_code": "5", "constituency_id": 8}, {"facility_code": "6"}) == [1]


def test_a_facility_that_has_its_name_from_one_record_and_its_ward_from_another_is_met_by_both(
    settings: Settings, tmp_path: Path, further_urls: Callable[[], str]
) -> None:
    key = {"code": None, "id": "7f0c8a52-0000-4000-8000-000000000001"}
    places = dict.fromkeys(("county_name", "constituency_name", "ward_name", "lat", "long"))
    named, placed = CLINIC | key | places | {"name": "Mukuru Kayole Clinic"}, CLINIC | key | {"name": "Mukuru Clinic"}
    paths = [write(tmp_path, "a.json", [placed, named, CLINIC | {"name": "Mukuru Kayole Clinic"}])]
    short, long = run_both_ways(paths, settings, further_urls, batch_size=1)
    assert short == long
    assert len(long["facilities"]) == 1


def test_who_lands_in_the_words_of_a_reject_is_not_lone() -> None:
    brought = BroughtKeys()
    brought.add_rejects(pl.DataFrame({"source": ["a"], "content_hash": ["c"]}))
    assert lone(brought, {"facility_code": "1", "content_hash": "c"}, {"facility_code": "2"}) == [1]


def test_whose_code_may_be_taken_from_it_is_met_by_its_name_like_one_without() -> None:
    brought = BroughtKeys()
    assert lone(brought, {"facility_code": "1"}) == [0]
    claimant = {"facility_code": "1", "facility_name": "Safe House"}
    assert lone(brought, claimant, {"facility_code": "2", "facility_name": "Safe House"}) == []


def test_a_name_that_the_database_may_fold_otherwise_is_not_lone_where_names_count() -> None:
    brought = BroughtKeys()
    foreign = {"facility_name": "\u212aayole Clinic"}  # the Kelvin sign, a capital k
    turkish = {"facility_name": "\u0130mani Clinic", "facility_code": None}
    assert lone(brought, foreign | {"facility_code": "1"}) == [0]
    assert lone(brought, {"facility_code": None, "facility_name": "kayole clinic"}) == []
    assert lone(brought, foreign | {"facility_code": "2"}) == []
    assert lone(brought, turkish, {"facility_name": "imani clinic", "facility_code": "3"}) == []


def test_only_a_load_into_an_empty_directory_spares_questions(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spared = []
    merge = Loader.merge

    def note(loader: Loader, staged: Any) -> Any:
        refused = merge(loader, staged)
        spared.append(set(staged.needless))
        return refused

    monkeypatch.setattr(Loader, "merge", note)
    one_a_batch = msgspec.structs.replace(settings, batch_size=1)
    records = [CLINIC | {"code": 13_090 + number, "name": f"Clinic {number}"} for number in range(4)]
    run([write(tmp_path, "a.json", records[:2])], one_a_batch)
    run([write(tmp_path, "a.json", records[2:])], one_a_batch)
    assert spared == list(itertools.chain([set(ALL)] * 2, [set()] * 2))
    assert len(rows(fresh, "SELECT 1 FROM facilities")) == len(records)
