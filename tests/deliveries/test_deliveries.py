"""Month after month: what a body sends again, sends back to what it was, or sends beside another body."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from gvrc import ledger
from gvrc.pipeline import Options, run
from tests.test_pipeline import CLINIC, END_OTHERS, content, outcome, outcomes, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from gvrc.database import Database
    from gvrc.settings import Settings

DESCRIPTION = "SELECT description FROM facilities"
NYALI = {"county_name": "Mombasa", "constituency_name": "Nyali", "ward_name": "Frere Town"}


def test_a_file_that_came_before_another_one_is_read_again_when_it_comes_back(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    months = {month: [CLINIC | {"description": month}] for month in ("June", "July")}
    for month in ("June", "July", "June"):
        account = run([write(tmp_path, "a.json", months[month])], settings)
        assert account.files[0].status == "succeeded"
        assert rows(fresh, DESCRIPTION) == [{"description": month}]
    assert run([write(tmp_path, "a.json", months["June"])], settings).files[0].status == "unchanged"


def test_who_has_the_last_word_does_not_depend_on_which_file_is_new(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    kmhfl, gbv = (write(tmp_path, f"{name}.json", [CLINIC | {"description": name}]) for name in ("kmhfl_a", "gbv_a"))
    run([kmhfl, gbv], settings)
    write(tmp_path, "kmhfl_a.json", [CLINIC | {"description": "kmhfl_a", "phone": "0700000017"}])
    account = run([kmhfl, gbv], settings)
    assert [file.read for file in account.files] == [1, 1]
    assert rows(fresh, DESCRIPTION) == [{"description": "gbv_a"}]
    before = content(fresh)
    assert outcomes(run([kmhfl, gbv], settings, Options(force=True)))[1] == {"read": 1, "unchanged": 1}
    assert content(fresh) == before


@pytest.mark.parametrize("batch_size", [1, 10])
def test_a_record_that_was_superseded_once_is_news_when_what_superseded_it_is_gone(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    settings = msgspec.structs.replace(settings, batch_size=batch_size)
    first, second, third = (CLINIC | {"description": text} for text in ("first", "second", "third"))
    for records, last in (([first, second], "second"), ([third], "third"), ([first], "first")):
        path = write(tmp_path, "a.json", records)
        run([path], settings)
        assert rows(fresh, DESCRIPTION) == [{"description": last}]
        before = content(fresh)
        assert run([path], settings, Options(force=True)).totals()["updated"] == 0
        assert content(fresh) == before


def test_records_that_supersede_each_other_at_every_run_write_nothing_the_second_time(
    settings: Settings, tmp_path: Path
) -> None:
    texts = [CLINIC | {"description": text} for text in ("first", "second", "third")]
    settings = msgspec.structs.replace(settings, batch_size=1)
    run([write(tmp_path, "a.json", texts[:2])], settings)
    path = write(tmp_path, "a.json", texts)
    assert outcome(run([path], settings)) == {"read": 3, "updated": 1, "superseded": 2}
    for _ in range(2):
        assert outcome(run([path], settings, Options(force=True))) == {"read": 3, "unchanged": 1, "superseded": 2}


def test_what_came_and_was_superseded_is_remembered_over_a_lost_connection(
    settings: Settings, fresh: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [CLINIC | {"description": text} for text in ("first", "second", "third")]
    settings = msgspec.structs.replace(settings, batch_size=1, retry_wait_seconds=0.01)
    run([write(tmp_path, "a.json", texts[:1])], settings)
    save_accounts, calls = ledger.save_accounts, itertools.count()

    def lose_with_the_third(*given: Any) -> None:
        # With accounts it is of a batch; the first has two records: the settled one is brought back for the second.
        if len(given) == 3 and next(calls) == 1:
            rows(fresh, END_OTHERS)
        save_accounts(*given)

    monkeypatch.setattr(ledger, "save_accounts", lose_with_the_third)
    path = write(tmp_path, "a.json", texts)
    assert outcome(run([path], settings)) == {"read": 3, "updated": 1, "superseded": 2}
    assert next(calls) > 1
    before = content(fresh)
    assert outcome(run([path], settings, Options(force=True))) == {"read": 3, "unchanged": 1, "superseded": 2}
    assert content(fresh) == before


@pytest.mark.parametrize("batch_size", [1, 2])
def test_a_number_tells_in_one_batch_what_it_tells_in_two(
    settings: Settings, fresh: Database, tmp_path: Path, batch_size: int
) -> None:
    coded = {"name": "Zuhura Home", "code": 1, "registration_number": "R-7", **NYALI}
    uncoded = {"name": "Kituo cha Zuhura", "registration_number": "R-7", **NYALI}
    path = write(tmp_path, "a.json", [coded, uncoded])
    account = run([path], msgspec.structs.replace(settings, batch_size=batch_size))
    assert outcome(account) == {"read": 2, "inserted": 1, "superseded": 1}
    assert rows(fresh, "SELECT facility_code FROM facilities") == [{"facility_code": "1"}]


def test_a_type_that_a_person_has_changed_is_kept_and_told(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", [CLINIC])
    run([path], settings)
    fresh.execute("UPDATE facilities SET facility_type = 'Shelter'")
    for _ in range(2):
        account = run([path], settings, Options(force=True))
        assert (outcome(account), account.files[0].issues["manual_edit_kept"]) == ({"read": 1, "unchanged": 1}, 1)
        assert rows(fresh, "SELECT facility_type FROM facilities") == [{"facility_type": "Shelter"}]
    run([path], msgspec.structs.replace(settings, keep_manual_edits=False), Options(force=True))
    assert rows(fresh, "SELECT facility_type FROM facilities") == [{"facility_type": "Medical Clinic"}]


def test_a_point_that_a_person_has_switched_off_does_not_come_back(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    points = "SELECT latitude::float8 AS latitude, is_active FROM facility_coordinates ORDER BY coordinate_id"
    path = write(tmp_path, "a.json", [CLINIC])
    run([path], settings)
    fresh.execute("UPDATE facility_coordinates SET is_active = false")
    run([path], settings, Options(force=True))
    assert rows(fresh, points) == [{"latitude": -1.31, "is_active": False}]
    run([write(tmp_path, "a.json", [CLINIC | {"long": "-1.32"}])], settings)  # the source has mended it
    assert rows(fresh, points) == [
        {"latitude": -1.31, "is_active": False},
        {"latitude": -1.32, "is_active": True},
    ]


def test_a_facility_with_two_points_is_met_by_its_name(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    fresh.execute(
        "INSERT INTO facility_coordinates SELECT (json_populate_record(point, '{\"coordinate_id\": 999}')).* "
        "FROM facility_coordinates AS point"
    )
    uncoded = {name: value for name, value in CLINIC.items() if name != "code"}
    assert outcome(run([write(tmp_path, "b.json", [uncoded])], settings)) == {"read": 1, "unchanged": 1}


def test_beds_that_a_person_added_beside_ours_stay_theirs(settings: Settings, fresh: Database, tmp_path: Path) -> None:
    run([write(tmp_path, "a.json", [CLINIC])], settings)
    fresh.execute(
        "INSERT INTO facility_infrastructure "
        'SELECT (json_populate_record(ours, \'{"infrastructure_id": 999, "capacity": 5}\')).* '
        "FROM facility_infrastructure AS ours"
    )
    run([write(tmp_path, "a.json", [CLINIC | {"beds": 30}])], settings)
    assert rows(fresh, "SELECT capacity FROM facility_infrastructure ORDER BY infrastructure_id") == [
        {"capacity": 30},
        {"capacity": 5},
    ]


def test_the_number_of_a_row_in_a_name_is_none_of_the_facility(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    names = (
        ("1. Chanua Centre", "2) Dira Centre", "• Elimu Centre"),
        ("1. Dira Centre", "(3) Chanua Centre", "Elimu Centre"),
    )
    accounts = [
        run([write(tmp_path, "a.json", [NYALI | {"name": name} for name in month])], settings) for month in names
    ]
    assert [outcome(account) for account in accounts] == [{"read": 3, "inserted": 3}, {"read": 3, "unchanged": 3}]
    assert accounts[0].files[0].issues["name_repaired"] == 3
    assert rows(fresh, "SELECT facility_name FROM facilities ORDER BY 1") == [
        {"facility_name": "Chanua Centre"},
        {"facility_name": "Dira Centre"},
        {"facility_name": "Elimu Centre"},
    ]


def test_a_list_of_stations_leaves_their_type_to_the_source(
    settings: Settings, fresh: Database, tmp_path: Path
) -> None:
    path = tmp_path / "police_desks.json"
    path.write_text(json.dumps({"stations": [NYALI | {"station_name": "Nyali"}, NYALI | {"station_name": "Kongowea"}]}))
    account = run([str(path)], settings)
    assert (outcome(account), account.files[0].issues["facility_type_unknown"]) == ({"read": 2, "inserted": 2}, 0)
    assert rows(fresh, "SELECT DISTINCT facility_type FROM facilities") == [{"facility_type": "Police Station"}]


@pytest.mark.parametrize(
    "rounded", [("-1.3", "36.9"), ("-1.3", "36.8"), ("-1.31", "36.87"), ("-1", "37"), ("-1.310", "36.880")]
)
def test_a_point_is_not_moved_to_a_rounding_of_it(
    settings: Settings, fresh: Database, tmp_path: Path, rounded: tuple[str, str]
) -> None:
    exact = CLINIC | {"lat": "-1.310123", "long": "36.879876"}
    run([write(tmp_path, "a.json", [exact])], settings)
    before = content(fresh)
    said = dict(zip(("lat", "long"), rounded, strict=True))
    assert outcome(run([write(tmp_path, "a.json", [exact | said])], settings)) == {"read": 1, "unchanged": 1}
    assert content(fresh) == before


@pytest.mark.parametrize("said", [("-1.3", "36.7"), ("-1.31013", "36.87988"), ("-1.4", "36.9")])
def test_a_point_of_fewer_decimals_that_is_no_rounding_moves_it(
    settings: Settings, fresh: Database, tmp_path: Path, said: tuple[str, str]
) -> None:
    run([write(tmp_path, "a.json", [CLINIC | {"lat": "-1.310123", "long": "36.879876"}])], settings)
    moved = CLINIC | dict(zip(("lat", "long"), said, strict=True))
    assert outcome(run([write(tmp_path, "a.json", [moved])], settings)) == {"read": 1, "updated": 1}
    point = rows(fresh, "SELECT latitude::float, longitude::float FROM facility_coordinates")
    assert point == [{"latitude": float(said[0]), "longitude": float(said[1])}]
