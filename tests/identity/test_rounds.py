"""Records of one batch are merged in rounds: what comes of them is what comes of one record after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from gvrc.database import connect
from gvrc.load import Loader
from gvrc.loading.staging import add_rounds, number_rounds
from gvrc.pipeline import run
from tests.identity.test_first_load import RECORDS
from tests.settled.test_settled import stands, told
from tests.test_pipeline import CLINIC, outcome, rows, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings


NOWHERE = dict.fromkeys(("county_name", "constituency_name", "ward_name", "lat", "long"))
KIBRA = NOWHERE | {"county_name": "Nairobi", "constituency_name": "Kibra", "ward_name": "Lindi"}
PLACED_RECORDS = st.builds(lambda record, place: record | place, RECORDS, st.sampled_from([{}, NOWHERE, KIBRA]))
KEYED_ROWS = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from([None, *"uvwxyz"]), st.booleans()), max_size=9
)


def test_who_shares_a_key_or_is_linked_by_others_that_do_is_merged_one_after_the_other() -> None:
    keyed = [(0, "a", "x"), (1, "b", "x"), (2, "b", None), (3, None, "y"), (4, "c", "y"), (5, "d", None)]
    assert list(number_rounds(iter(keyed), {})) == [(0, 1), (1, 2), (2, 3), (3, 1), (4, 2), (5, 1)]
    linked_late = [(0, "a", "x"), (1, "b", "y"), (2, "a", "y"), (3, "b", "z")]
    assert [round_no for _, round_no in number_rounds(iter(linked_late), {})] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("constituencies", "rounds"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1]),
        ([None, 1, 2, 3], [1, 2, 2, 2]),
        ([1, 2, None, 3], [1, 1, 2, 3]),
        ([1, 1, None, 3], [1, 2, 3, 4]),
        ([1, None, None, 3], [1, 2, 3, 4]),
    ],
)
def test_only_who_has_no_place_waits_for_all_of_its_name_and_is_waited_for(
    constituencies: list[int | None], rounds: list[int]
) -> None:
    named = pl.DataFrame(
        {
            "row_no": range(4),
            "facility_name": "Police Station",
            "facility_code": ["1", "2", "3", "4"],
            "constituency_id": constituencies,
            "source": "nps",
            "source_key": None,
            "registration_number": None,
            "content_hash": ["a", "b", "c", "d"],
        },
        schema_overrides={"constituency_id": pl.Int32, "source_key": pl.String, "registration_number": pl.String},
    )
    assert add_rounds(named)["round"].to_list() == rounds


@given(KEYED_ROWS)
def test_rounds_are_those_of_a_loop_over_all_pairs(given_rows: list[tuple[str, str | None, bool]]) -> None:
    """Each record is of one group by its key, and bears a name without a place or with one."""
    keyed = [(row_no, key) for row_no, (key, _, _) in enumerate(given_rows)]
    names = {row_no: (name, nowhere) for row_no, (_, name, nowhere) in enumerate(given_rows) if name is not None}
    assert dict(number_rounds(iter(keyed), names)) == rounds_of_pairs(given_rows)


def rounds_of_pairs(given_rows: list[tuple[str, str | None, bool]]) -> dict[int, int]:
    def names(group: str, *, nowhere: bool) -> set[str]:
        return {name for key, name, is_nowhere in given_rows if key == group and name and is_nowhere >= nowhere}

    rounds: dict[int, int] = {}
    for row_no, (group, _, _) in enumerate(given_rows):
        before = [0]
        for earlier in range(row_no):
            other = given_rows[earlier][0]
            if (
                other == group
                or names(other, nowhere=True) & names(group, nowhere=False)
                or names(other, nowhere=False) & names(group, nowhere=True)
            ):
                before.append(rounds[earlier])
        rounds[row_no] = 1 + max(before)
    return rounds


def loaded(path: str, settings: Settings, url: str, batch_size: int) -> tuple[Any, ...]:
    """Load a file into a database of its own; give its account and what stands there."""
    changed = msgspec.structs.replace(settings, database_url=url, batch_size=batch_size)
    account = run([path], changed)
    with connect(url) as database:
        return told(account), stands(database)


@examples(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PLACED_RECORDS, min_size=2, max_size=7))
def test_the_size_of_a_batch_decides_nothing(
    settings: Settings, tmp_path: Path, further_urls: Callable[[], str], records: list[dict[str, Any]]
) -> None:
    path = write(tmp_path, "a.json", records)
    one_by_one, at_once = (loaded(path, settings, further_urls(), size) for size in (1, 100))
    assert at_once == one_by_one


@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_record_is_met_by_the_name_that_one_before_it_in_the_batch_gave_a_facility(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    key = {"code": None, "id": "7f0c8a52-0000-4000-8000-000000000001"}
    placed, named = CLINIC | key | {"name": "Mukuru Clinic"}, CLINIC | key | NOWHERE | {"name": "Mukuru Kayole Clinic"}
    path = write(tmp_path, "a.json", [placed, named, CLINIC | {"name": "Mukuru Kayole Clinic"}])
    account = run([path], msgspec.structs.replace(settings, batch_size=batch_size))
    assert outcome(account) == {"read": 3, "inserted": 1, "superseded": 2}
    assert len(rows(fresh, "SELECT 1 FROM facilities")) == 1


@pytest.mark.parametrize("batch_size", [1, 100])
def test_records_of_a_name_that_a_facility_loses_before_them_in_the_batch_are_one_new_facility(
    settings: Settings, tmp_path: Path, batch_size: int
) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    uncoded = CLINIC | {"code": None}
    records = [CLINIC | {"name": "Zuhura Refuge"}, uncoded, uncoded | {"facility_type_name": "Dispensary"}]
    account = run([write(tmp_path, "b.json", records)], msgspec.structs.replace(settings, batch_size=batch_size))
    assert outcome(account) == {"read": 3, "inserted": 1, "updated": 1, "superseded": 1}


@pytest.mark.parametrize("batch_size", [1, 100])
def test_a_record_is_not_met_by_the_name_that_one_before_it_takes_from_a_facility_in_a_later_round(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    uncoded, renamed = CLINIC | {"code": None, "phone": "0700000017"}, {"name": "Zuhura Refuge"}
    records = [uncoded | renamed, CLINIC | renamed, uncoded]
    account = run([write(tmp_path, "b.json", records)], msgspec.structs.replace(settings, batch_size=batch_size))
    assert outcome(account) == {"read": 3, "inserted": 2, "updated": 1}
    assert rows(fresh, "SELECT facility_name FROM facilities ORDER BY 1") == [
        {"facility_name": "Mukuru Crisis Clinic"},
        {"facility_name": "Zuhura Refuge"},
        {"facility_name": "Zuhura Refuge"},
    ]


@pytest.mark.parametrize("batch_size", [1, 100])
def test_what_is_told_of_a_key_is_told_once_of_a_record_that_waits_for_another_round(
    settings: Settings, tmp_path: Path, batch_size: int
) -> None:
    key = {"id": "7"}
    run([write(tmp_path, "a.json", [CLINIC, CLINIC | key | {"code": 13081, "name": "Kayole Safe House"}])], settings)
    records = [CLINIC | {"description": "Open to all"}, CLINIC | key | {"code": None}]
    path = write(tmp_path, "a.json", records)
    account = run([path], msgspec.structs.replace(settings, batch_size=batch_size))
    assert (outcome(account), account.files[0].issues["source_key_claimed_twice"]) == (
        {"read": 2, "updated": 1, "superseded": 1},
        1,
    )


@pytest.mark.parametrize("few_rows", [0, 1_000])
def test_a_batch_that_is_tried_again_finds_no_rows_of_the_one_before(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_rows: int
) -> None:
    monkeypatch.setattr("gvrc.loading.staging_tables.FEW_ROWS", few_rows)
    run([write(tmp_path, "first.json", [CLINIC | {"code": 13_099, "name": "Kayole Clinic"}])], settings)
    merge, merged = Loader.merge, []

    def stumble(loader: Loader, staged: Any) -> Any:
        merged.append(len(staged.records))
        if len(merged) == 2:  # the transaction that emptied the tables is rolled back
            loader.database.execute("DO $$BEGIN RAISE serialization_failure; END$$")
        return merge(loader, staged)

    monkeypatch.setattr(Loader, "merge", stumble)
    records = [CLINIC | {"code": 15_000 + number, "name": f"Clinic {number}"} for number in range(4)]
    path = write(tmp_path, "a.json", [*records[:2], records[2] | {"name": None}, records[3]])
    again = msgspec.structs.replace(settings, batch_size=2, retry_wait_seconds=0.01)
    assert outcome(run([path], again)) == {"read": 4, "inserted": 3, "rejected": 1}
    assert merged == [2, 1, 1]
    assert len(rows(fresh, "SELECT 1 FROM facilities")) == 4


@pytest.mark.parametrize("batch_size", [1, 100])
def test_names_that_differ_in_their_signs_only_are_met_one_after_the_other(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    changed = msgspec.structs.replace(settings, batch_size=batch_size)
    names = ("Mukuru Clinic- Kayole", "Mukuru Clinic-Kayole")
    coded = [CLINIC | {"name": name, "code": 15_000 + number} for number, name in enumerate(names)]
    run([write(tmp_path, "a.json", coded)], changed)
    codeless = [CLINIC | {"name": name, "code": None} for name in names]
    account = run([write(tmp_path, "other.json", codeless)], changed)
    assert outcome(account) == {"read": 2, "updated": 1, "superseded": 1}
    assert rows(fresh, "SELECT facility_name FROM facilities ORDER BY facility_code") == [
        {"facility_name": "Mukuru Clinic-Kayole"},
        {"facility_name": "Mukuru Clinic-Kayole"},
    ]


def test_a_record_that_waits_beside_one_of_its_name_stops_nothing(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    numbered = CLINIC | {"name": "Mukuru Clinic- Kayole", "code": 15_000, "registration_number": "B/4711"}
    other = CLINIC | {"name": "Mukuru Clinic-Kayole", "code": 15_001}
    run([write(tmp_path, "a.json", [numbered, other])], settings)
    again = [
        numbered | {"name": "Mukuru Kayole Clinic", "registration_number": None},
        numbered | {"code": None},
        other | {"code": None},
    ]
    account = run([write(tmp_path, "other.json", again)], settings)
    assert account.status == "succeeded"
    assert len(rows(fresh, "SELECT 1 FROM facilities")) == 2


@pytest.mark.parametrize("batch_size", [1, 100])
@pytest.mark.parametrize("is_claimant_first", [True, False])
def test_a_namesake_of_a_record_whose_code_another_facility_bears_is_that_ones_facility(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int, is_claimant_first: bool
) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    claimant = {"code": CLINIC["code"], "name": "Zuhura Refuge", **KIBRA}
    records = [claimant, claimant | {"code": 15_000, "phone": "0700000017"}]
    path = write(tmp_path, "b.json", records if is_claimant_first else records[::-1])
    account = run([path], msgspec.structs.replace(settings, batch_size=batch_size))
    assert outcome(account) == {"read": 2, "inserted": 1, "superseded": 1}
    assert rows(fresh, "SELECT facility_name, facility_code FROM facilities ORDER BY facility_code") == [
        {"facility_name": "Mukuru Crisis Clinic", "facility_code": "13080"},
        {"facility_name": "Zuhura Refuge", "facility_code": "15000"},
    ]
